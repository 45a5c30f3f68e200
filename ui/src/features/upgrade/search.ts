export const tabs = ['in-place', 'canary'] as const;
export const panes = ['control-plane', 'data-plane'] as const;

export type Tab = (typeof tabs)[number];
export type Pane = (typeof panes)[number];

export interface UpgradeSearch {
  tab?: Tab;
  pane?: Pane;
}

function oneOf<T extends string>(values: readonly T[], value: unknown): T | undefined {
  return values.find((known) => known === value);
}

export function upgradeSearch(search: Record<string, unknown>): UpgradeSearch {
  return { tab: oneOf(tabs, search.tab), pane: oneOf(panes, search.pane) };
}
