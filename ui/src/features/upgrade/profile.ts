import type { ProviderKind } from '../../ipc/index.ts';

/** The rules under which the Planner opens for a mesh. */
export function profileOf(provider: ProviderKind): string {
  return provider === 'vendor' ? 'asm-seed' : 'istio';
}
