import { describe, expect, it } from 'vitest';
import { squaresOf } from './places.ts';

const shop = [
  { now: '1-31', after: '1-31', pods: 9 },
  { now: '1-30', after: '1-31', pods: 34 },
  { now: null, after: null, pods: 5 },
];

describe('squares of a namespace that is half moved', () => {
  it('fills a pod where it is and outlines it where it lands', () => {
    expect(squaresOf(shop, 'stable', '1-31')).toEqual([{ mark: 'restarts', count: 34 }]);
    expect(squaresOf(shop, 'canary', '1-31')).toEqual([
      { mark: 'moved', count: 9 },
      { mark: 'lands', count: 34 },
    ]);
    expect(squaresOf(shop, 'outside', '1-31')).toEqual([{ mark: 'stays', count: 5 }]);
  });

  it('counts every revision but the canary as the side that is left', () => {
    expect(squaresOf([{ now: '1-29', after: '1-30', pods: 2 }], 'stable', null)).toEqual([
      { mark: 'stays', count: 2 },
    ]);
  });
});
