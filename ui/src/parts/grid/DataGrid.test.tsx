import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { I18nextProvider } from 'react-i18next';
import { describe, expect, it } from 'vitest';
import { i18n } from '../../i18n/index.ts';
import { DataGrid } from './DataGrid.tsx';
import type { GridColumn } from './types.ts';

interface Item {
  id: string;
  children?: Item[];
}

const columns: GridColumn<Item>[] = [
  { id: 'name', header: 'Name', width: 100, tree: true, cell: (item) => item.id },
  { id: 'size', header: 'Size', width: 80, align: 'end', cell: (item) => item.id.length },
];
const shop: Item = { id: 'shop', children: [{ id: 'cart' }, { id: 'search' }] };
const idOf = (item: Item) => item.id;
const childrenOf = (item: Item) => item.children;

function Harness({ rows }: { rows: Item[] }) {
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set(['shop']));
  return (
    <I18nextProvider i18n={i18n}>
      <DataGrid
        label="Rows"
        columns={columns}
        rows={rows}
        rowId={idOf}
        rowName={idOf}
        childrenOf={childrenOf}
        selected={selected}
        onSelectedChange={setSelected}
        expanded={expanded}
        onExpandedChange={setExpanded}
      />
    </I18nextProvider>
  );
}

describe('DataGrid', () => {
  it('counts every row and renders few of ten thousand', () => {
    render(<Harness rows={Array.from({ length: 10_000 }, (_, index) => ({ id: `row-${index}` }))} />);
    const grid = screen.getByRole('grid', { name: 'Rows' });
    expect(grid).toHaveAttribute('aria-rowcount', '10001');
    expect(within(grid).getAllByRole('row').length, 'only what is in sight is rendered').toBeLessThan(80);
    expect(within(grid).getAllByRole('row')[1]).toHaveAttribute('aria-rowindex', '2');
  });

  it('shows a group as partly chosen when some of its rows are', async () => {
    const user = userEvent.setup();
    render(<Harness rows={[shop]} />);
    await user.click(screen.getByRole('checkbox', { name: 'Select cart' }));
    expect(screen.getByRole('checkbox', { name: 'Select shop' })).toBePartiallyChecked();
    await user.click(screen.getByRole('checkbox', { name: 'Select all' }));
    expect(screen.getByRole('row', { name: /search/ })).toHaveAttribute('aria-selected', 'true');
  });

  it('folds and unfolds the rows of a group', async () => {
    const user = userEvent.setup();
    render(<Harness rows={[shop]} />);
    await user.click(screen.getByRole('button', { name: 'Rows of shop', expanded: true }));
    expect(screen.queryByRole('checkbox', { name: 'Select cart' })).not.toBeInTheDocument();
    expect(screen.getByRole('grid')).toHaveAttribute('aria-rowcount', '2');
  });

  it('has one tab stop, moved by the arrow keys', async () => {
    const user = userEvent.setup();
    render(<Harness rows={[shop]} />);
    await user.tab();
    expect(screen.getByRole('checkbox', { name: 'Select shop' })).toHaveFocus();
    await user.keyboard('{ArrowDown}');
    expect(screen.getByRole('checkbox', { name: 'Select cart' })).toHaveFocus();
    await user.keyboard(' ');
    expect(screen.getByRole('checkbox', { name: 'Select cart' })).toBeChecked();
    await user.keyboard('{ArrowRight}');
    expect(screen.getByRole('gridcell', { name: 'cart' })).toHaveFocus();
    await user.tab();
    expect(document.body, 'the next tab leaves the grid').toHaveFocus();
  });
});
