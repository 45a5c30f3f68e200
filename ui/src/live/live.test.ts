import { describe, expect, it } from 'vitest';
import { dataPlaneRow, runView } from '../testing/fixtures.ts';
import { foldMesh, meshFailed, noMesh } from './mesh.ts';
import { foldRun, noRun } from './run.ts';

const rows = (upserts: string[], complete = false, removes: string[] = []) => ({
  kind: 'rows' as const,
  upserts: upserts.map((name) => dataPlaneRow({ name })),
  removes: removes.map((name) => `shop/Deployment/${name}`),
  complete,
});
const names = (state: typeof noMesh) => [...state.rows.values()].map(({ name }) => name);

describe('an open mesh', () => {
  it('adds, changes and removes rows', () => {
    const read = foldMesh(noMesh, [rows(['cart', 'search']), rows([], true)]);
    expect(read.complete).toBe(true);
    expect(names(foldMesh(read, [rows(['geo'], true, ['cart'])]))).toEqual(['search', 'geo']);
  });

  it('keeps its rows while it reconnects, then drops what is gone', () => {
    const read = foldMesh(noMesh, [rows(['cart', 'search'], true)]);
    const lost = meshFailed(read, {
      code: 'unreachable',
      message: '',
      said: null,
      detail: [],
      hint: null,
      retryable: true,
    });
    expect(names(lost), 'nothing flickers').toEqual(['cart', 'search']);
    const again = foldMesh(lost, [rows(['search'])]);
    expect(names(again), 'still reading').toEqual(['cart', 'search']);
    expect(names(foldMesh(again, [rows([], true)]))).toEqual(['search']);
  });
});

describe('a watched run', () => {
  it('shows a line once, even when it is delivered twice', () => {
    const line = (seq: number) => ({
      seq,
      at: '2026-11-24T03:00:00Z',
      kind: 'go' as const,
      text: { code: 'runStarting' as const, params: {}, nested: {} },
      command: null,
    });
    const view = runView();
    const first = foldRun(noRun, [{ view, log: [line(1), line(2)] }]);
    const second = foldRun(first, [{ view, log: [line(2), line(3)] }]);
    expect(second.log.map(({ seq }) => seq)).toEqual([1, 2, 3]);
  });
});
