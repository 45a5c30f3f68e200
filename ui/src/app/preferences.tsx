import { useMutation, useQueryClient } from '@tanstack/react-query';
import { createContext, type PropsWithChildren, useContext, useEffect, useMemo } from 'react';
import { i18n, type Language, languages, systemLanguage } from '../i18n/index.ts';
import { useCall } from '../ipc/cache.ts';
import { type Settings, useDoor } from '../ipc/index.ts';
import type { ThemeName } from '../theme/tokens.ts';
import { type ThemeChoice, useThemeName } from '../theme/useTheme.ts';

interface Preferences {
  settings: Settings | undefined;
  language: Language;
  /** The theme that stands now, whoever chose it. */
  themeName: ThemeName;
  change: (part: Partial<Settings>) => void;
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
    mutationFn: (next: Settings) => door.call('settings_set', next),
    onMutate: (next) => client.setQueryData(['settings_get', {}], next),
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
      change: (part) => {
        if (settings) mutate({ ...settings, ...part });
      },
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
