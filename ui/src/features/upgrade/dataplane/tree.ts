import type { DataPlaneRow, Mark, RowState } from '../../../ipc/index.ts';

export interface WorkloadNode {
  kind: 'workload';
  id: string;
  row: DataPlaneRow;
}

/** Rows of one namespace that are all the same and that nobody can act on. */
export interface FoldNode {
  kind: 'fold';
  id: string;
  rows: readonly WorkloadNode[];
}

export interface NamespaceNode {
  kind: 'namespace';
  id: string;
  name: string;
  label: string | null;
  rows: readonly DataPlaneRow[];
  children: readonly (WorkloadNode | FoldNode)[];
  states: readonly (readonly [RowState, number])[];
}

export type DataPlaneNode = WorkloadNode | FoldNode | NamespaceNode;

const foldFrom = 4;

/** Worst first: what a group of rows is called by. */
const order: readonly RowState[] = [
  'wouldLoseSidecar',
  'cannotRestart',
  'unknown',
  'behind',
  'missingSidecar',
  'needsRestart',
  'rolling',
  'held',
  'later',
  'noSidecar',
  'upToDate',
];

export const markOfState: Record<RowState, Mark> = {
  wouldLoseSidecar: 'bad',
  cannotRestart: 'bad',
  unknown: 'warning',
  behind: 'warning',
  missingSidecar: 'warning',
  needsRestart: 'idle',
  rolling: 'busy',
  held: 'ok',
  later: 'idle',
  noSidecar: 'outside',
  upToDate: 'ok',
};

export function byState(rows: readonly DataPlaneRow[]): readonly (readonly [RowState, number])[] {
  const counts = new Map<RowState, number>();
  for (const { state } of rows) counts.set(state, (counts.get(state) ?? 0) + 1);
  return order.flatMap((state) => {
    const count = counts.get(state);
    return count ? [[state, count] as const] : [];
  });
}

export function compareRows(a: DataPlaneRow, b: DataPlaneRow): number {
  return (
    Number(b.gateway) - Number(a.gateway) ||
    a.namespace.localeCompare(b.namespace) ||
    order.indexOf(a.state) - order.indexOf(b.state) ||
    a.name.localeCompare(b.name)
  );
}

function sameness(row: DataPlaneRow): string {
  return [row.state, row.why.code, JSON.stringify(row.why.params), row.proxyNow.join(), row.proxyAfter].join(
    '|',
  );
}

function fold(namespace: string, rows: readonly DataPlaneRow[]): (WorkloadNode | FoldNode)[] {
  const nodes = rows.map((row): WorkloadNode => ({ kind: 'workload', id: row.id, row }));
  const groups = new Map<string, WorkloadNode[]>();
  for (const node of nodes) {
    const key = node.row.restart.available ? node.id : sameness(node.row);
    groups.set(key, [...(groups.get(key) ?? []), node]);
  }
  const folded = new Set([...groups].filter(([, group]) => group.length >= foldFrom).map(([key]) => key));
  const single = nodes.filter((node) => !folded.has(sameness(node.row)) || node.row.restart.available);
  const rest = [...folded].map(
    (key): FoldNode => ({ kind: 'fold', id: `fold ${namespace} ${key}`, rows: groups.get(key) ?? [] }),
  );
  return [...single, ...rest];
}

interface Options {
  labels: ReadonlyMap<string, string | null>;
  folding: boolean;
}

/** Gateways first, then one group per namespace. */
export function buildTree(rows: readonly DataPlaneRow[], { labels, folding }: Options): DataPlaneNode[] {
  const gateways: DataPlaneNode[] = [];
  const namespaces = new Map<string, DataPlaneRow[]>();
  for (const row of [...rows].sort(compareRows)) {
    if (row.gateway) {
      gateways.push({ kind: 'workload', id: row.id, row });
    } else {
      const members = namespaces.get(row.namespace);
      if (members) members.push(row);
      else namespaces.set(row.namespace, [row]);
    }
  }
  const groups = [...namespaces].map(([name, members]): NamespaceNode => {
    const children = folding
      ? fold(name, members)
      : members.map((row): WorkloadNode => ({ kind: 'workload', id: row.id, row }));
    return {
      kind: 'namespace',
      id: `namespace ${name}`,
      name,
      label: labels.get(name) ?? null,
      rows: members,
      children,
      states: byState(members),
    };
  });
  return [...gateways, ...groups];
}

export function childrenOf(node: DataPlaneNode): readonly DataPlaneNode[] | undefined {
  if (node.kind === 'namespace') return node.children;
  return node.kind === 'fold' ? node.rows : undefined;
}

export function rowsOf(node: DataPlaneNode): readonly DataPlaneRow[] {
  if (node.kind === 'workload') return [node.row];
  return node.kind === 'fold' ? node.rows.map(({ row }) => row) : node.rows;
}

/** Rows that are outside the mesh by choice say nothing about the versions of their group. */
export function inMesh(rows: readonly DataPlaneRow[]): readonly DataPlaneRow[] {
  const inside = rows.filter(({ state }) => state !== 'noSidecar');
  return inside.length > 0 ? inside : rows;
}

/** One value for a group of rows: the one they share, or undefined when they differ. */
export function shared<T>(rows: readonly DataPlaneRow[], pick: (row: DataPlaneRow) => T): T | undefined {
  const [first, ...rest] = rows.map(pick);
  return rest.every((value) => value === first) ? first : undefined;
}

/** Letters of the longest change of a proxy's version; those of ASM have a fourth number. */
export function widestChange(rows: readonly DataPlaneRow[]): number {
  return rows.reduce((most, { proxyNow, proxyAfter }) => {
    const now = Math.max(0, ...proxyNow.map((version) => version.length));
    return Math.max(most, now + (proxyAfter?.length ?? 0));
  }, 0);
}

export function longestName(rows: readonly DataPlaneRow[]): number {
  return rows.reduce((most, { name }) => Math.max(most, name.length), 0);
}
