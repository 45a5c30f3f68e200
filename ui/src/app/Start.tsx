import { Navigate } from '@tanstack/react-router';
import { useCall } from '../ipc/cache.ts';
import { SkeletonRows } from '../parts/Skeleton.tsx';
import { useLastContext } from './lastContext.ts';

/** An open mesh is what the user came back for; without one, all of them are. */
export function Start() {
  const { data, isError } = useCall('context_list', {});
  if (isError) return <Navigate to="/meshes" replace />;
  if (!data) return <SkeletonRows />;
  const open = data.contexts.find((context) => context.open);
  if (!open) return <Navigate to="/meshes" replace />;
  return <Navigate to="/upgrade/$context" params={{ context: open.name }} replace />;
}

export function UpgradeStart() {
  const last = useLastContext();
  if (last === undefined) return <Navigate to="/meshes" replace />;
  return <Navigate to="/upgrade/$context" params={{ context: last }} replace />;
}
