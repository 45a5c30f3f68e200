import { type QueryClient, queryOptions, useQuery } from '@tanstack/react-query';
import type { AppEvent, RunSummary } from './bindings.ts';
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
  /** Asked again whenever a page shows it: what it tells of changes without an event. */
  anew?: boolean;
}

export function useCall<C extends CallName>(command: C, request: Request<C>, options: Options = {}) {
  const door = useDoor();
  return useQuery<Answer<C>>({
    ...queryOf(door, command, request),
    enabled: options.enabled,
    ...(options.anew ? { staleTime: 0 } : {}),
    placeholderData: options.keepPrevious ? (previous: unknown) => previous as never : undefined,
  });
}

/** Which answers an event makes stale. */
const staleAfter: Record<AppEvent['kind'], readonly CallName[]> = {
  contextsChanged: ['context_list'],
  // The event brings the run itself: it is put into the list as it is.
  runChanged: [],
  runEnded: ['run_list', 'context_scan', 'planner_routes'],
  settingsChanged: [
    'settings_get',
    'app_info',
    'istioctl_list',
    'context_list',
    'catalogue_get',
    'planner_choices',
    'planner_routes',
  ],
};

export function invalidateFor(client: QueryClient, event: AppEvent): void {
  if (event.kind === 'runChanged') putRun(client, event.run);
  for (const command of staleAfter[event.kind]) {
    void client.invalidateQueries({ queryKey: [command] });
  }
}

/** Newest first; a list that was not asked for yet stays so. */
function putRun(client: QueryClient, run: RunSummary): void {
  client.setQueriesData<RunSummary[]>({ queryKey: ['run_list'] }, (runs) => {
    if (!runs) return runs;
    const known = runs.some((one) => one.id === run.id);
    return known ? runs.map((one) => (one.id === run.id ? run : one)) : [run, ...runs];
  });
}
