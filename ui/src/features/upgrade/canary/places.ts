import type { NamespaceView, PodPlace } from '../../../ipc/index.ts';
import type { PodRun } from '../../../parts/PodSquares.tsx';

export type Place = 'stable' | 'canary' | 'outside';

/** Every revision but the canary counts as the side that is left. */
export function placeOf(revision: string | null, canary: string | null): Place {
  if (revision === null) return 'outside';
  return revision === canary ? 'canary' : 'stable';
}

function markOf({ now, after }: PodPlace, place: Place, canary: string | null): PodRun['mark'] | null {
  const from = placeOf(now, canary);
  const to = placeOf(after, canary);
  if (from === place) {
    if (to !== place) return 'restarts';
    return place === 'canary' ? 'moved' : 'stays';
  }
  return to === place ? 'lands' : null;
}

const order: readonly PodRun['mark'][] = ['moved', 'stays', 'restarts', 'lands'];

/** The squares of one namespace under one revision: filled now, outlined after the restart. */
export function squaresOf(pods: readonly PodPlace[], place: Place, canary: string | null): PodRun[] {
  const runs = new Map<PodRun['mark'], number>();
  for (const some of pods) {
    const mark = markOf(some, place, canary);
    if (mark) runs.set(mark, (runs.get(mark) ?? 0) + some.pods);
  }
  return order.flatMap((mark) => {
    const count = runs.get(mark);
    return count ? [{ mark, count }] : [];
  });
}

export function podsNow(namespaces: readonly NamespaceView[], place: Place, canary: string | null): number {
  return namespaces
    .flatMap(({ pods }) => pods)
    .filter(({ now }) => placeOf(now, canary) === place)
    .reduce((sum, { pods }) => sum + pods, 0);
}
