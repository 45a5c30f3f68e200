import { defaultRangeExtractor, type Range, useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useLayoutEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { SkeletonRows } from '../Skeleton.tsx';
import { Checkbox } from './Checkbox.tsx';
import styles from './DataGrid.module.css';
import { GridRow } from './GridRow.tsx';
import { checkOf, indexSelection, toggled } from './selection.ts';
import type { GridColumn, GridModel } from './types.ts';
import { useCompact } from './useCompact.ts';
import { useGridKeys } from './useGridKeys.ts';
import { useGridRows } from './useGridRows.ts';

const nothing: ReadonlySet<string> = new Set();

const rightInset = 16;

function widthsOf<Row>(columns: readonly GridColumn<Row>[], selectable: boolean, compact: boolean) {
  const widths = columns.map(({ width, narrow }) => (compact ? (narrow ?? width) : width));
  const tracks = columns.map(({ grow }, index) =>
    grow ? `minmax(${widths[index]}px, 1fr)` : `${widths[index]}px`,
  );
  const check = selectable ? (compact ? 33 : 37) : 0;
  return {
    template: [...(selectable ? [`${check}px`] : []), ...tracks].join(' '),
    total: widths.reduce((sum, width) => sum + width, check + rightInset),
  };
}

export function DataGrid<Row extends object>(model: GridModel<Row>) {
  const { t } = useTranslation();
  const { columns, rows, selected = nothing, onSelectedChange, rowHeight = 32, headHeight = 28 } = model;
  const { rowId, childrenOf, canSelect } = model;
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useGridRows(model);
  const selectable = onSelectedChange !== undefined;
  const full = useMemo(() => widthsOf(columns, selectable, false), [columns, selectable]);
  const compact = useCompact(scroller, full.total);
  const { template, total } = useMemo(
    () => (compact ? widthsOf(columns, selectable, true) : full),
    [columns, selectable, compact, full],
  );
  const index = useMemo(
    () => indexSelection(rows, { rowId, childrenOf, canSelect }),
    [rows, rowId, childrenOf, canSelect],
  );

  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: (line) => (lines[line]?.kind === 'detail' ? 38 : rowHeight),
    getItemKey: (line) => lines[line]?.key ?? line,
    scrollPaddingStart: headHeight,
    overscan: 8,
    rangeExtractor: (range: Range) => {
      const shown = defaultRangeExtractor(range);
      const kept = keys.active.line;
      return kept >= 0 && kept < range.count && !shown.includes(kept)
        ? [...shown, kept].sort((a, b) => a - b)
        : shown;
    },
  });
  const keys = useGridKeys({
    root: scroller,
    lines: lines.length,
    columns: columns.length + (selectable ? 1 : 0),
    page: Math.max(1, Math.floor((scroller.current?.clientHeight ?? 320) / rowHeight) - 1),
    reveal: (line) => virtual.scrollToIndex(line),
  });

  const acts = useRef({ toggle: (_: string) => {}, expand: (_: string) => {} });
  useLayoutEffect(() => {
    acts.current = {
      toggle: (id) => onSelectedChange?.(toggled(index.below.get(id) ?? [], selected)),
      expand: (id) => {
        const next = new Set(model.expanded);
        if (!next.delete(id)) next.add(id);
        model.onExpandedChange?.(next);
      },
    };
  });
  const onToggle = useCallback((id: string) => acts.current.toggle(id), []);
  const onExpand = useCallback((id: string) => acts.current.expand(id), []);
  const { rowName, isGroup, span, detail } = model;
  const rowModel = useMemo(
    () => ({ columns, rowName, isGroup, span, detail }),
    [columns, rowName, isGroup, span, detail],
  );

  return (
    <div
      ref={scroller}
      className={styles.grid}
      data-compact={compact || undefined}
      role="grid"
      aria-label={model.label}
      aria-rowcount={lines.length + 1}
      aria-colcount={columns.length + (selectable ? 1 : 0)}
      aria-multiselectable={selectable || undefined}
      aria-busy={model.loading}
      onKeyDown={keys.onKeyDown}
      onFocus={keys.onFocus}
    >
      <div role="rowgroup" className={styles.head} style={{ minWidth: total }}>
        <div
          role="row"
          aria-rowindex={1}
          className={styles.headRow}
          style={{ gridTemplateColumns: template, height: headHeight }}
          data-line={-1}
        >
          {selectable && (
            <div role="columnheader" className={styles.check} data-column={0} tabIndex={-1}>
              <Checkbox
                check={checkOf(index.all, selected)}
                label={t('grid.selectAll')}
                onToggle={() => onSelectedChange?.(toggled(index.all, selected))}
              />
            </div>
          )}
          {columns.map((column, position) => (
            <div
              key={column.id}
              role="columnheader"
              className={styles.cell}
              data-align={column.align}
              data-tree={column.tree || undefined}
              data-rule={column.rule || undefined}
              data-column={position + (selectable ? 1 : 0)}
              tabIndex={-1}
            >
              {column.header}
            </div>
          ))}
        </div>
      </div>
      {lines.length > 0 && (
        <div
          role="rowgroup"
          className={styles.body}
          style={{ height: virtual.getTotalSize(), minWidth: total }}
        >
          {virtual.getVirtualItems().map((item) => {
            const line = lines[item.index];
            if (!line) return null;
            return (
              <GridRow
                key={line.key}
                line={line}
                index={item.index}
                top={item.start}
                height={rowHeight}
                template={template}
                model={rowModel}
                compact={compact}
                check={selectable ? checkOf(index.below.get(line.id), selected) : undefined}
                onToggle={onToggle}
                onExpand={onExpand}
                measure={virtual.measureElement}
              />
            );
          })}
        </div>
      )}
      {lines.length === 0 && (model.loading ? <SkeletonRows height={rowHeight} /> : <Empty model={model} />)}
    </div>
  );
}

function Empty<Row>({ model }: { model: GridModel<Row> }) {
  const { t } = useTranslation();
  return <div className={styles.empty}>{model.empty ?? t('grid.empty')}</div>;
}
