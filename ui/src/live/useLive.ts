import { useMemo, useSyncExternalStore } from 'react';
import type { Door } from '../ipc/index.ts';
import { useDoor } from '../ipc/index.ts';
import { createLive, type Live } from '../ipc/live.ts';
import { foldMesh, type MeshState, meshFailed, noMesh } from './mesh.ts';
import { foldRun, noRun, type RunLive, runFailed } from './run.ts';

const meshes = new WeakMap<Door, Map<string, Live<MeshState>>>();
const runs = new WeakMap<Door, Map<string, Live<RunLive>>>();

function shared<T>(pool: WeakMap<Door, Map<string, T>>, door: Door, key: string, make: () => T): T {
  const own = pool.get(door) ?? new Map<string, T>();
  pool.set(door, own);
  const value = own.get(key) ?? make();
  own.set(key, value);
  return value;
}

const idleMesh: Live<MeshState> = { subscribe: () => () => undefined, snapshot: () => noMesh };
const idleRun: Live<RunLive> = { subscribe: () => () => undefined, snapshot: () => noRun };

/** The open mesh of a context, followed while somebody looks. */
export function useMesh(context: string | undefined): MeshState {
  const door = useDoor();
  const live = useMemo(() => {
    if (context === undefined) return idleMesh;
    return shared(meshes, door, context, () =>
      createLive(door, {
        command: 'mesh_watch',
        request: () => ({ context }),
        initial: noMesh,
        fold: foldMesh,
        failed: meshFailed,
      }),
    );
  }, [door, context]);
  return useSyncExternalStore(live.subscribe, live.snapshot);
}

export function useRun(runId: string | undefined): RunLive {
  const door = useDoor();
  const live = useMemo(() => {
    if (runId === undefined) return idleRun;
    return shared(runs, door, runId, () =>
      createLive(door, {
        command: 'run_watch',
        request: (state: RunLive) => ({ runId, sinceSeq: state.log.at(-1)?.seq ?? 0 }),
        initial: noRun,
        fold: foldRun,
        failed: runFailed,
        final: (state: RunLive) => state.view !== null && state.view.summary.endedAt !== null,
      }),
    );
  }, [door, runId]);
  return useSyncExternalStore(live.subscribe, live.snapshot);
}
