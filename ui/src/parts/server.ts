import type { TFunction } from 'i18next';
import type { ContextRow } from '../ipc/index.ts';

/** Where the API server of a context is, for people. */
export function serverOf(t: TFunction, row: ContextRow): string {
  return row.simulated ? t('open.simulatedServer') : row.server;
}
