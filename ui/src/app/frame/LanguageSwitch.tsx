import { useTranslation } from 'react-i18next';
import { usePreferences } from '../preferences.tsx';
import styles from './TopBar.module.css';

export function LanguageSwitch() {
  const { t } = useTranslation();
  const { language, change } = usePreferences();
  return (
    <fieldset className={styles.languages} aria-label={t('top.language')}>
      <button
        type="button"
        lang="en"
        className={styles.plain}
        aria-pressed={language === 'en-US'}
        onClick={() => change({ kind: 'language', language: 'en-US' })}
      >
        {t('language.short.en')}
      </button>
      <span aria-hidden="true">{t('value.slash')}</span>
      <button
        type="button"
        lang="zh"
        className={styles.plain}
        aria-pressed={language === 'zh-CN'}
        onClick={() => change({ kind: 'language', language: 'zh-CN' })}
      >
        {t('language.short.zh')}
      </button>
    </fieldset>
  );
}
