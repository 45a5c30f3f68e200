import { useMatch, useParams } from '@tanstack/react-router';
import { useEffect } from 'react';
import { useCall } from '../ipc/cache.ts';
import { useRun } from '../live/useLive.ts';

const key = 'meshlift.context';

/** The context that this page is about, if it is about one. */
export function usePageContext(): string | undefined {
  const { context, runId } = useParams({ strict: false });
  const run = useRun(runId);
  return context ?? run.view?.summary.context;
}

/** The context that Upgrade Management leads to. */
export function useLastContext(): string | undefined {
  const page = usePageContext();
  const { data } = useCall('context_list', {});
  useEffect(() => {
    if (page !== undefined) sessionStorage.setItem(key, page);
  }, [page]);
  const known = (name: string | null | undefined) =>
    data?.contexts.find((context) => context.name === name)?.name;
  return (
    page ??
    known(sessionStorage.getItem(key)) ??
    data?.contexts.find((context) => context.open)?.name ??
    known(data?.current)
  );
}

/** The context that the Planner begins with: the last one, if its mesh is at hand. */
export function usePlannedContext(last: string | undefined): string | undefined {
  const { data } = useCall('context_list', {});
  const found = data?.contexts.find(({ name }) => name === last);
  return found && (found.open || found.saved !== null) ? found.name : undefined;
}

export function useOnMeshes(): boolean {
  return useMatch({ from: '/meshes', shouldThrow: false }) !== undefined;
}
