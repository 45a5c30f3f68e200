import { useMutation, useQueryClient } from '@tanstack/react-query';
import { createContext, type PropsWithChildren, useContext, useEffect, useMemo } from 'react';
import { i18n, type Language, languages, systemLanguage } from '../i18n/index.ts';
import { useCall } from '../ipc/cache.ts';
import { type Settings, type SettingsChange, useDoor } from '../ipc/index.ts';
import type { ThemeName } from '../theme/tokens.ts';
import { type ThemeChoice, useThemeName } from '../theme/useTheme.ts';
import { changed } from './settingsChange.ts';

interface Preferences {
  settings: Settings | undefined;
  language: Language;
  /** The theme that stands now, whoever chose it. */
  themeName: ThemeName;
  change: (change: SettingsChange) => void;
  error: unknown;
}

const PreferencesContext = createContext<Preferences | null>(null);

function isLanguage(value: string | undefined): value is Language {
  return languages.some((language) => language === value);
}

function isTheme(value: string | undefined): value is ThemeChoice {
  return value === 'light' || value === 'dark' || value === 'system';
}

export function PreferencesProvider({ children }: PropsWithChildren) {
  const door = useDoor();
  const client = useQueryClient();
  const { data: settings } = useCall('settings_get', {});
  const { mutate, error } = useMutation({
    mutationFn: (change: SettingsChange) => door.call('settings_change', change),
    // One after the other: of two changes of one thing the later one has to arrive last.
    scope: { id: 'settings' },
    onMutate: async (change) => {
      // An answer that is on its way knows nothing of this change yet.
      await client.cancelQueries({ queryKey: ['settings_get'] });
      client.setQueryData<Settings>(['settings_get', {}], (held) => held && changed(held, change));
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['settings_get'] }),
  });

  const language = isLanguage(settings?.language) ? settings.language : systemLanguage();
  const themeName = useThemeName(isTheme(settings?.theme) ? settings.theme : 'system');

  useEffect(() => {
    void i18n.changeLanguage(language);
    document.documentElement.lang = language;
  }, [language]);

  const value = useMemo<Preferences>(
    () => ({
      settings,
      language,
      themeName,
      error,
      change: mutate,
    }),
    [settings, language, themeName, error, mutate],
  );
  return <PreferencesContext value={value}>{children}</PreferencesContext>;
}

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (!preferences) throw new Error('preferences are not provided');
  return preferences;
}
