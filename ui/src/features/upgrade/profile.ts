import type { MeshView } from '../../ipc/index.ts';

/** The rules under which the Planner opens for a mesh. */
export function profileOf({ asm, provider }: MeshView): string {
  if (asm) return asm.profile;
  return provider === 'vendor' ? 'asm-seed' : 'istio';
}
