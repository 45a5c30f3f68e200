import { describe, expect, it } from 'vitest';
import { checkOf, indexSelection, toggled } from './selection.ts';

interface Node {
  id: string;
  fixed?: boolean;
  children?: Node[];
}

const shape = {
  rowId: (row: Node) => row.id,
  childrenOf: (row: Node) => row.children,
  canSelect: (row: Node) => !row.fixed,
};

const tree: Node[] = [
  { id: 'shop', children: [{ id: 'cart' }, { id: 'node-tagger', fixed: true }, { id: 'search' }] },
  { id: 'legacy', children: [{ id: 'old', fixed: true }] },
];

describe('selection of a tree', () => {
  const index = indexSelection(tree, shape);

  it('stands for the selectable rows below a group', () => {
    expect(index.below.get('shop')).toEqual(['cart', 'search']);
    expect(index.all).toEqual(['cart', 'search']);
  });

  it('has three states, and none where nothing can be chosen', () => {
    expect(checkOf(index.below.get('shop'), new Set())).toBe('none');
    expect(checkOf(index.below.get('shop'), new Set(['cart']))).toBe('some');
    expect(checkOf(index.below.get('shop'), new Set(['cart', 'search']))).toBe('all');
    expect(checkOf(index.below.get('legacy'), new Set())).toBe('disabled');
  });

  it('completes a partial group first, and clears a complete one', () => {
    const some = new Set(['cart']);
    const all = toggled(index.all, some);
    expect([...all]).toEqual(['cart', 'search']);
    expect([...toggled(index.all, all)]).toEqual([]);
  });
});
