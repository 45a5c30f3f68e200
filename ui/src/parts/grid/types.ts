import type { ReactNode } from 'react';

export interface GridColumn<Row> {
  id: string;
  header: ReactNode;
  /** Pixels; a growing column takes what is left and never less than this. */
  width: number;
  /** Pixels in a window too small for the widths above. */
  narrow?: number;
  grow?: boolean;
  align?: 'end';
  /** Holds the expander and the indent of tree rows. */
  tree?: boolean;
  /** A line at its left, from head to foot. */
  rule?: boolean;
  cell: (row: Row, compact: boolean) => ReactNode;
}

/** One cell in place of several, for rows that have a sentence instead of figures. */
export interface GridSpan {
  column: string;
  span: number;
  content: ReactNode;
}

export interface GridModel<Row> {
  label: string;
  columns: readonly GridColumn<Row>[];
  rows: readonly Row[];
  rowId: (row: Row) => string;
  rowName: (row: Row) => string;
  childrenOf?: (row: Row) => readonly Row[] | undefined;
  /** Group rows are shaded and their name is strong. */
  isGroup?: (row: Row) => boolean;
  rowHeight?: number;
  headHeight?: number;
  span?: (row: Row) => GridSpan | undefined;
  detail?: (row: Row) => ReactNode;
  opened?: ReadonlySet<string>;
  expanded?: ReadonlySet<string>;
  onExpandedChange?: (expanded: ReadonlySet<string>) => void;
  selected?: ReadonlySet<string>;
  onSelectedChange?: (selected: ReadonlySet<string>) => void;
  canSelect?: (row: Row) => boolean;
  empty?: ReactNode;
  loading?: boolean;
}

/** What one line is drawn from. */
export type RowModel<Row> = Pick<GridModel<Row>, 'columns' | 'rowName' | 'isGroup' | 'span' | 'detail'>;

export type Check = 'all' | 'some' | 'none' | 'disabled';
