import { useQueries } from '@tanstack/react-query';
import { queryOf } from '../../ipc/cache.ts';
import { type ApiError, type ContextRow, type MeshSummary, toApiError, useDoor } from '../../ipc/index.ts';

export interface Scan {
  context: ContextRow;
  summary: MeshSummary | undefined;
  error: ApiError | undefined;
  reading: boolean;
  readAt: number | undefined;
  retry: () => void;
}

/** Nothing is executed for a context before the user opens it. */
export function mayScan(context: ContextRow): boolean {
  return context.problem === null && (context.executes === null || context.open);
}

export function useScans(contexts: readonly ContextRow[]): readonly Scan[] {
  const door = useDoor();
  const results = useQueries({
    queries: contexts.map((context) => ({
      ...queryOf(door, 'context_scan', { context: context.name }),
      enabled: mayScan(context),
    })),
  });
  return contexts.flatMap((context, index): Scan[] => {
    const result = results[index];
    if (!result) return [];
    return [
      {
        context,
        summary: result.data,
        error: result.error ? toApiError(result.error) : undefined,
        reading: result.isFetching,
        readAt: result.dataUpdatedAt || result.errorUpdatedAt || undefined,
        retry: () => void result.refetch(),
      },
    ];
  });
}
