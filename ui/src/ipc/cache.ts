import { type QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import type { AppEvent } from './bindings.ts';
import type { Answer, CallName, Door, Request } from './commands.ts';
import { useDoor } from './context.tsx';

/** Queries are keyed by command and request. */
export function queryOf<C extends CallName>(door: Door, command: C, request: Request<C>) {
  return queryOptions<Answer<C>>({
    queryKey: [command, request],
    queryFn: () => door.call(command, request),
  });
}

interface Options {
  enabled?: boolean;
  keepPrevious?: boolean;
}

export function useCall<C extends CallName>(command: C, request: Request<C>, options: Options = {}) {
  const door = useDoor();
  return useQuery<Answer<C>>({
    ...queryOf(door, command, request),
    enabled: options.enabled,
    placeholderData: options.keepPrevious ? (previous: unknown) => previous as never : undefined,
  });
}

/** Which answers an event makes stale. */
const staleAfter: Record<AppEvent['kind'], readonly CallName[]> = {
  contextsChanged: ['context_list'],
  runChanged: ['run_list'],
  runEnded: ['run_list'],
  settingsChanged: ['settings_get', 'app_info', 'istioctl_list', 'context_list'],
};

export function invalidateFor(client: QueryClient, event: AppEvent): void {
  for (const command of staleAfter[event.kind]) {
    void client.invalidateQueries({ queryKey: [command] });
  }
}
