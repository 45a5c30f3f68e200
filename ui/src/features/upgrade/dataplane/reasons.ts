import type { Availability, DataPlaneRow, Phrase } from '../../../ipc/index.ts';

interface SharedReason {
  reason: Phrase;
  count: number;
}

/** The reason that most greyed actions share: said once, in the foot. */
export function sharedReason(actions: readonly Availability[]): SharedReason | null {
  const groups = new Map<string, SharedReason>();
  for (const { available, reason } of actions) {
    if (available || !reason) continue;
    const key = `${reason.code} ${JSON.stringify(reason.params)}`;
    groups.set(key, { reason, count: (groups.get(key)?.count ?? 0) + 1 });
  }
  const [most] = [...groups.values()].sort((a, b) => b.count - a.count);
  return most ?? null;
}

/** Rows that are done or outside the mesh show no action, so they need no reason. */
export function commonReason(rows: readonly DataPlaneRow[]): SharedReason | null {
  const shown = rows.filter(({ state }) => state !== 'upToDate' && state !== 'noSidecar');
  const most = sharedReason(shown.map(({ restart }) => restart));
  return most && most.count > 1 ? most : null;
}
