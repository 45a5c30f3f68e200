import type { Check } from './types.ts';

export interface SelectionIndex {
  /** Every id that a row stands for: itself, or the selectable rows below it. */
  below: ReadonlyMap<string, readonly string[]>;
  all: readonly string[];
}

interface Shape<Row> {
  rowId: (row: Row) => string;
  childrenOf?: (row: Row) => readonly Row[] | undefined;
  canSelect?: (row: Row) => boolean;
}

export function indexSelection<Row>(rows: readonly Row[], shape: Shape<Row>): SelectionIndex {
  const below = new Map<string, readonly string[]>();
  const visit = (row: Row): readonly string[] => {
    const children = shape.childrenOf?.(row);
    const id = shape.rowId(row);
    const ids = children?.length ? children.flatMap(visit) : (shape.canSelect?.(row) ?? true) ? [id] : [];
    below.set(id, ids);
    return ids;
  };
  return { all: rows.flatMap(visit), below };
}

export function checkOf(ids: readonly string[] | undefined, selected: ReadonlySet<string>): Check {
  if (!ids?.length) return 'disabled';
  const chosen = ids.reduce((count, id) => count + (selected.has(id) ? 1 : 0), 0);
  if (chosen === 0) return 'none';
  return chosen === ids.length ? 'all' : 'some';
}

export function toggled(ids: readonly string[], selected: ReadonlySet<string>): ReadonlySet<string> {
  const next = new Set(selected);
  const clear = checkOf(ids, selected) === 'all';
  for (const id of ids) {
    if (clear) next.delete(id);
    else next.add(id);
  }
  return next;
}
