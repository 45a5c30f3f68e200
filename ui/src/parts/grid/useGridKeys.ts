import {
  type FocusEvent,
  type KeyboardEvent,
  type RefObject,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';

export interface Position {
  line: number;
  column: number;
}

interface Options {
  root: RefObject<HTMLElement | null>;
  lines: number;
  columns: number;
  page: number;
  reveal: (line: number) => void;
}

const widgets = 'button:not(:disabled), a[href], input:not(:disabled), select:not(:disabled)';

/** What would be a tab stop by itself, or was the one of the grid before. */
const stops = ['[data-column] button', '[data-column] a', '[data-column] input', '[data-column]']
  .map((selector) => `${selector}:not([tabindex="-1"])`)
  .join(', ');

function cellAt(root: HTMLElement | null, { line, column }: Position): HTMLElement | null {
  return (
    root?.querySelector<HTMLElement>(`[data-line="${line}"] [data-column="${column}"]`) ??
    root?.querySelector<HTMLElement>(`[data-line="${line}"] [data-column]`) ??
    null
  );
}

/** Roving tabindex: one tab stop in the whole grid, the arrow keys move it. Line -1 is the head. */
export function useGridKeys({ root, lines, columns, page, reveal }: Options) {
  const [active, setActive] = useState<Position>({ line: 0, column: 0 });
  const wanted = useRef<Position>(null);
  const line = Math.min(active.line, lines - 1);

  useLayoutEffect(() => {
    const grid = root.current;
    if (!grid) return;
    for (const stop of grid.querySelectorAll<HTMLElement>(stops)) stop.tabIndex = -1;
    const cell = cellAt(grid, { line, column: active.column });
    const inner = cell?.querySelectorAll<HTMLElement>(widgets);
    const stop = inner?.length ? inner : cell ? [cell] : [];
    for (const element of stop) element.tabIndex = 0;
    if (wanted.current && cell) {
      wanted.current = null;
      stop[0]?.focus({ preventScroll: true });
    }
  });

  const go = (next: Position) => {
    const target = {
      line: Math.max(-1, Math.min(lines - 1, next.line)),
      column: Math.max(0, Math.min(columns - 1, next.column)),
    };
    wanted.current = target;
    if (target.line >= 0) reveal(target.line);
    setActive(target);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    const { column } = active;
    const move: Record<string, Position> = {
      ArrowDown: { line: line + 1, column },
      ArrowUp: { line: line - 1, column },
      ArrowRight: { line, column: column + 1 },
      ArrowLeft: { line, column: column - 1 },
      PageDown: { line: line + page, column },
      PageUp: { line: Math.max(0, line - page), column },
      Home: event.ctrlKey ? { line: 0, column: 0 } : { line, column: 0 },
      End: event.ctrlKey ? { line: lines - 1, column: columns - 1 } : { line, column: columns - 1 },
    };
    const next = move[event.key];
    if (!next) return;
    event.preventDefault();
    go(next);
  };

  const onFocus = (event: FocusEvent) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>('[data-column]');
    const row = cell?.closest<HTMLElement>('[data-line]');
    if (!cell || !row) return;
    const position = { line: Number(row.dataset.line), column: Number(cell.dataset.column) };
    if (position.line !== active.line || position.column !== active.column) setActive(position);
  };

  return { active: { line, column: active.column }, onKeyDown, onFocus };
}
