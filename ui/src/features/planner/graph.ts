import type { Method, Phrase, RefusalView, RouteList } from '../../ipc/index.ts';

export interface Edge {
  from: number;
  to: number;
  method: Method | null;
  kind: 'chosen' | 'offered' | 'refused';
  /** Why it is refused. */
  why?: Phrase;
  /** How many refusals one dotted arc stands for. */
  refusals?: number;
}

export interface Graph {
  versions: readonly string[];
  edges: readonly Edge[];
}

const mostRefusals = 4;

export function compareVersions(a: string, b: string): number {
  const numbers = (version: string) => (version.match(/\d+/g) ?? []).map(Number);
  const [left, right] = [numbers(a), numbers(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const difference = (left[index] ?? -1) - (right[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** Every hop of every route once, the chosen route's hops marked, and what was refused between its ends. */
export function graphOf(list: RouteList, chosen: number, ends: readonly string[]): Graph {
  const hops = list.routes.flatMap((route, index) => route.hops.map((hop) => ({ ...hop, index })));
  const versions = [...new Set([...ends, ...hops.flatMap(({ from, to }) => [from, to])])].sort(
    compareVersions,
  );
  const at = (version: string) => versions.indexOf(version);
  const edges = new Map<string, Edge>();
  for (const { from, to, method, index } of hops) {
    const key = `${from} ${to} ${method}`;
    const kind = index === chosen ? 'chosen' : (edges.get(key)?.kind ?? 'offered');
    edges.set(key, { from: at(from), to: at(to), method, kind });
  }
  const refused = refusedHops(list.refusals.filter(({ from, to }) => at(from) >= 0 && at(to) > at(from)))
    .slice(0, mostRefusals)
    .map(
      ([first, ...others]): Edge => ({
        from: at(first.from),
        to: at(first.to),
        method: others.length === 0 ? first.method : null,
        kind: 'refused',
        why: first.reason,
        refusals: others.length + 1,
      }),
    );
  const rank = { refused: 0, offered: 1, chosen: 2 };
  return { versions, edges: [...refused, ...edges.values()].sort((a, b) => rank[a.kind] - rank[b.kind]) };
}

/** The refusals of each hop together: one arc has room for one sentence. */
function refusedHops(refusals: readonly RefusalView[]): [RefusalView, ...RefusalView[]][] {
  const hops = new Map<string, [RefusalView, ...RefusalView[]]>();
  for (const refusal of refusals) {
    const key = `${refusal.from} ${refusal.to}`;
    const known = hops.get(key);
    if (known) known.push(refusal);
    else hops.set(key, [refusal]);
  }
  return [...hops.values()];
}
