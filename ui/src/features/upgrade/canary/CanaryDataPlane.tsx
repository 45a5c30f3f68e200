import type { MeshView } from '../../../ipc/index.ts';
import type { MeshState } from '../../../live/mesh.ts';
import { Namespaces } from './Namespaces.tsx';
import { ToBeUpgraded } from './ToBeUpgraded.tsx';

export function CanaryDataPlane({ mesh, view }: { mesh: MeshState; view: MeshView }) {
  return (
    <>
      <Namespaces view={view} />
      <ToBeUpgraded mesh={mesh} view={view} />
    </>
  );
}
