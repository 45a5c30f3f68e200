import { memo, type ReactNode, type Ref } from 'react';
import { useTranslation } from 'react-i18next';
import { Checkbox } from './Checkbox.tsx';
import styles from './DataGrid.module.css';
import type { Check, GridColumn, RowModel } from './types.ts';
import type { GridLine } from './useGridRows.ts';

interface Props<Row> {
  line: GridLine<Row>;
  index: number;
  top: number;
  height: number;
  template: string;
  model: RowModel<Row>;
  compact: boolean;
  check: Check | undefined;
  onToggle: (id: string) => void;
  onExpand: (id: string) => void;
  measure: Ref<HTMLDivElement>;
}

/** A line that is not drawn again while others scroll by. */
export const GridRow = memo(Line) as typeof Line;

function Line<Row>(props: Props<Row>) {
  const { line, index, top, height, template, model, compact, check, onToggle, onExpand, measure } = props;
  const { t } = useTranslation();
  const offset = check === undefined ? 0 : 1;
  const place = { transform: `translateY(${top}px)` };

  if (line.kind === 'detail') {
    return (
      <div
        ref={measure}
        role="row"
        aria-rowindex={index + 2}
        className={styles.detail}
        data-line={index}
        data-index={index}
        style={place}
      >
        <div role="gridcell" aria-colspan={model.columns.length + offset} data-column={0} tabIndex={-1}>
          {model.detail?.(line.row)}
        </div>
      </div>
    );
  }

  const name = model.rowName(line.row);
  const chosen = check === 'all';
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={check === undefined ? undefined : chosen}
      className={styles.row}
      data-group={model.isGroup?.(line.row) || undefined}
      data-line={index}
      style={{ ...place, height, gridTemplateColumns: template }}
    >
      {check !== undefined && (
        <div role="gridcell" className={styles.check} data-column={0} tabIndex={-1}>
          <Checkbox check={check} label={t('grid.select', { name })} onToggle={() => onToggle(line.id)} />
        </div>
      )}
      {cells(model, line, offset, (column) =>
        column.tree ? (
          <span className={styles.tree} style={{ paddingLeft: line.depth * 8 }}>
            <Expander expanded={line.expanded} name={name} onExpand={() => onExpand(line.id)} />
            {column.cell(line.row, compact)}
          </span>
        ) : (
          column.cell(line.row, compact)
        ),
      )}
    </div>
  );
}

function cells<Row>(
  model: RowModel<Row>,
  line: GridLine<Row>,
  offset: number,
  render: (column: GridColumn<Row>) => ReactNode,
): ReactNode[] {
  const span = model.span?.(line.row);
  const from = span ? model.columns.findIndex(({ id }) => id === span.column) : -1;
  return model.columns.flatMap((column, index) => {
    if (span && index > from && index < from + span.span) return [];
    const spanning = span && index === from;
    return [
      <div
        key={column.id}
        role="gridcell"
        className={styles.cell}
        data-align={spanning ? undefined : column.align}
        data-rule={column.rule || undefined}
        data-column={index + offset}
        aria-colspan={spanning ? span.span : undefined}
        style={spanning ? { gridColumn: `span ${span.span}` } : undefined}
        tabIndex={-1}
      >
        {spanning ? span.content : render(column)}
      </div>,
    ];
  });
}

function Expander({ expanded, name, onExpand }: { expanded?: boolean; name: string; onExpand: () => void }) {
  const { t } = useTranslation();
  if (expanded === undefined) return <span className={styles.indent} />;
  return (
    <button
      type="button"
      className={styles.expander}
      aria-expanded={expanded}
      aria-label={t('grid.children', { name })}
      onClick={onExpand}
    />
  );
}
