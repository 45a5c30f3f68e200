import { useTranslation } from 'react-i18next';
import { Icon } from '../../parts/Icon.tsx';
import { usePreferences } from '../preferences.tsx';
import styles from './TopBar.module.css';

/** Light and dark in turn; following the system is chosen under Settings. */
export function ThemeButton() {
  const { t } = useTranslation();
  const { themeName, change } = usePreferences();
  const next = themeName === 'dark' ? 'light' : 'dark';
  const label = t('top.theme', { theme: t(`theme.${next}`) });
  return (
    <button
      type="button"
      className={styles.plain}
      aria-label={label}
      title={label}
      onClick={() => change({ kind: 'theme', theme: next })}
    >
      <Icon name="theme" />
    </button>
  );
}
