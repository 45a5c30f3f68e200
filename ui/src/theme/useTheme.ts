import type { ThemeConfig } from 'antd';
import { useLayoutEffect, useMemo, useSyncExternalStore } from 'react';
import { antdThemeOf } from './antd.ts';
import { applyTheme, type ThemeName } from './tokens.ts';

export type ThemeChoice = ThemeName | 'system';

const query = '(prefers-color-scheme: dark)';

function subscribe(onChange: () => void): () => void {
  const media = window.matchMedia(query);
  media.addEventListener('change', onChange);
  return () => media.removeEventListener('change', onChange);
}

export function useThemeName(choice: ThemeChoice): ThemeName {
  const prefersDark = useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
  return choice === 'system' ? (prefersDark ? 'dark' : 'light') : choice;
}

export function useAppliedTheme(name: ThemeName): ThemeConfig {
  useLayoutEffect(() => applyTheme(name), [name]);
  return useMemo(() => antdThemeOf(name), [name]);
}
