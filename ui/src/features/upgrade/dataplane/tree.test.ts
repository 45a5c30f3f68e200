import { describe, expect, it } from 'vitest';
import { dataPlaneRow } from '../../../testing/fixtures.ts';
import { buildTree, byState, type NamespaceNode } from './tree.ts';

const labels = new Map([['shop', 'istio-injection=enabled']]);
const blocked = { available: false, reason: null };

describe('the tree of the data plane', () => {
  it('puts gateways first and groups the rest by namespace', () => {
    const tree = buildTree(
      [
        dataPlaneRow({ name: 'cart' }),
        dataPlaneRow({ name: 'ingress', namespace: 'istio-ingress', gateway: true }),
        dataPlaneRow({ name: 'ledger', namespace: 'payments' }),
      ],
      { labels, folding: true },
    );
    expect(tree.map((node) => node.kind)).toEqual(['workload', 'namespace', 'namespace']);
    expect((tree[2] as NamespaceNode).label, 'shop is the last group and carries its label').toBe(
      'istio-injection=enabled',
    );
  });

  it('folds rows that are all the same, but never one that can be acted on', () => {
    const idle = ['a', 'b', 'c', 'd', 'e'].map((name) => dataPlaneRow({ name, restart: blocked }));
    const [group] = buildTree([...idle, dataPlaneRow({ name: 'cart' })], { labels, folding: true });
    const kinds = (group as NamespaceNode).children.map((child) => child.kind);
    expect(kinds).toEqual(['workload', 'fold']);
  });

  it('names a group by its worst states first', () => {
    const rows = [dataPlaneRow({ state: 'upToDate' }), dataPlaneRow({ state: 'behind' })];
    expect(byState(rows)).toEqual([
      ['behind', 1],
      ['upToDate', 1],
    ]);
  });
});
