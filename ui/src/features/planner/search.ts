export interface PlannerSearch {
  from?: string;
  to?: string;
  profile?: string;
  kubernetes?: string;
  /** Open mesh or saved snapshot that the changes are looked for in. */
  context?: string;
}

const text = (value: unknown) => (value === undefined || value === '' ? undefined : String(value));

export function plannerSearch(search: Record<string, unknown>): PlannerSearch {
  return {
    from: text(search.from),
    to: text(search.to),
    profile: text(search.profile),
    kubernetes: text(search.kubernetes),
    context: text(search.context),
  };
}
