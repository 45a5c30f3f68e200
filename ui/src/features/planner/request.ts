import type { MeshSummary, PlannerChoices, RouteRequest } from '../../ipc/index.ts';
import type { PlannerSearch } from './search.ts';

/** What is asked: what the address says, completed from the mesh or else so that there is always a question. */
export function requestOf(
  search: PlannerSearch,
  choices: PlannerChoices,
  mesh?: MeshSummary,
): RouteRequest | null {
  const known = mesh && ofMesh(mesh, choices);
  const wanted = { ...known, ...withoutGaps(search) };
  const profile = choices.profiles.find(({ id }) => id === wanted.profile)?.id ?? choices.profiles[0]?.id;
  if (profile === undefined) return null;
  const versions = choices.versions[profile] ?? [];
  const first = choices.first[profile];
  const to = wanted.to ?? first?.to ?? versions[0];
  const from = wanted.from ?? first?.from ?? versions.at(-1);
  if (from === undefined || to === undefined) return null;
  return { from, to, profile, kubernetes: search.kubernetes ?? null, context: search.context ?? null };
}

/** From the version that a mesh runs to the next one; to itself where there is none. */
function ofMesh({ provider, versions, next }: MeshSummary, choices: PlannerChoices): PlannerSearch {
  const profile = provider === 'asm' || provider === 'vendor' ? 'asm-seed' : 'istio';
  const [from] = versions;
  if (from === undefined) return { profile };
  return { profile, from, to: next ?? choices.versions[profile]?.[0] };
}

function withoutGaps(search: PlannerSearch): PlannerSearch {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined));
}
