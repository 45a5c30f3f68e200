import { useCall } from '../ipc/cache.ts';

/** Whether every write is refused now. */
export function useReadOnly(): boolean {
  const { data } = useCall('app_info', {});
  return data !== undefined && (data.readOnlyForced || data.readOnly);
}
