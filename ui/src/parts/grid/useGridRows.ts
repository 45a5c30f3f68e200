import { createExpandedRowModel, rowExpandingFeature, tableFeatures, useTable } from '@tanstack/react-table';
import { useMemo } from 'react';
import type { GridModel } from './types.ts';

const features = tableFeatures({ rowExpandingFeature, expandedRowModel: createExpandedRowModel() });
const nothing: ReadonlySet<string> = new Set();

/** A line of the grid: a row of the tree, or the reason opened below it. */
export interface GridLine<Row> {
  key: string;
  id: string;
  row: Row;
  depth: number;
  kind: 'row' | 'detail';
  expanded?: boolean;
}

export function useGridRows<Row extends object>(model: GridModel<Row>): readonly GridLine<Row>[] {
  const { rows, rowId, childrenOf, expanded = nothing, opened = nothing, detail } = model;
  const data = rows as Row[];
  const columns = useMemo(() => [{ id: 'row' }], []);
  const state = useMemo(
    () => ({ expanded: Object.fromEntries([...expanded].map((id) => [id, true])) }),
    [expanded],
  );
  const table = useTable({
    features,
    columns,
    data,
    state,
    getRowId: rowId,
    getSubRows: childrenOf,
    onExpandedChange: () => undefined,
    autoResetExpanded: false,
  });
  const visible = table.getRowModel().rows;
  return useMemo(
    () =>
      visible.flatMap(({ id, original, depth, subRows }): GridLine<Row>[] => {
        const line: GridLine<Row> = {
          key: id,
          id,
          row: original,
          depth,
          kind: 'row',
          expanded: subRows.length > 0 ? expanded.has(id) : undefined,
        };
        return detail && opened.has(id) ? [line, { ...line, key: `${id} detail`, kind: 'detail' }] : [line];
      }),
    [visible, expanded, opened, detail],
  );
}
