import type { MeshSummary } from '../../ipc/index.ts';
import type { Scan } from './useScans.ts';

export type Group = 'needsYou' | 'healthy' | 'notRead';

export interface ContextNode {
  kind: 'context';
  id: string;
  scan: Scan;
}

export interface GroupNode {
  kind: 'group';
  id: Group;
  group: Group;
  rows: readonly ContextNode[];
}

export type MeshNode = ContextNode | GroupNode;

/** A cluster without a mesh has nothing to sum up. */
export function summaryOf({ summary }: Scan): MeshSummary | undefined {
  return summary && summary.provider !== null && summary.provider !== 'none' ? summary : undefined;
}

function groupOf(scan: Scan): Group {
  const summary = summaryOf(scan);
  if (!summary) return 'notRead';
  return summary.mark === 'bad' || summary.mark === 'warning' || summary.mark === 'busy'
    ? 'needsYou'
    : 'healthy';
}

/** The group of every context by name, to be held while someone points at a row. */
export type Groups = ReadonlyMap<string, Group>;

/** Sorts contexts into groups; one that `held` names stays where it was. */
export function groupScans(scans: readonly Scan[], held?: Groups): GroupNode[] {
  const groups: readonly Group[] = ['needsYou', 'healthy', 'notRead'];
  return groups.flatMap((group): GroupNode[] => {
    const rows = scans
      .filter((scan) => (held?.get(scan.context.name) ?? groupOf(scan)) === group)
      .map((scan): ContextNode => ({ kind: 'context', id: `context ${scan.context.name}`, scan }));
    return rows.length > 0 ? [{ kind: 'group', id: group, group, rows }] : [];
  });
}

export function groupsOf(scans: readonly Scan[]): Groups {
  return new Map(scans.map((scan) => [scan.context.name, groupOf(scan)]));
}
