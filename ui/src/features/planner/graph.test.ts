import { describe, expect, it } from 'vitest';
import { routeList } from '../../testing/planner.ts';
import { compareVersions, graphOf } from './graph.ts';

describe('the graph of routes', () => {
  it('orders versions by their numbers, not their letters', () => {
    expect(['1.10.0', '1.9.1', '1.9.0.12', 'v1.9.0'].sort(compareVersions)).toEqual([
      'v1.9.0',
      '1.9.0.12',
      '1.9.1',
      '1.10.0',
    ]);
  });

  it('draws every hop once and the chosen route last', () => {
    const { versions, edges } = graphOf(routeList, 0, ['1.29.8', '1.31.1']);
    expect(versions).toEqual(['1.29.8', '1.30.5', '1.31.1']);
    expect(edges.at(-1)).toMatchObject({ from: 0, to: 2, method: 'canary', kind: 'chosen' });
    expect(edges.filter(({ kind }) => kind === 'refused')).toHaveLength(1);
  });

  it('draws one arc for a hop that is refused for several reasons', () => {
    const [first] = routeList.refusals;
    if (!first) throw new Error('the example has a refusal');
    const list = { ...routeList, refusals: [first, { ...first, method: null }] };
    const { edges } = graphOf(list, 0, [first.from, first.to]);
    expect(edges.filter(({ kind }) => kind === 'refused')).toMatchObject([{ refusals: 2, method: null }]);
  });
});
