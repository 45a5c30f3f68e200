import { useTranslation } from 'react-i18next';
import styles from './VersionChange.module.css';

interface Props {
  /** Null: there is none. Undefined: it is not known. */
  now: string | null | undefined;
  after?: string | null | undefined;
  /** What runs now is behind the control plane. */
  behind?: boolean;
}

export function VersionChange({ now, after, behind }: Props) {
  const { t } = useTranslation();
  const lost = now != null && after === null;
  return (
    <span className={styles.change}>
      <span className={behind ? styles.behind : styles.now}>
        {now === undefined ? t('value.unknown') : (now ?? t('value.none'))}
      </span>
      {after !== undefined && after !== now && (
        <>
          <span className={styles.arrow} aria-hidden="true">
            {t('value.arrow')}
          </span>
          <span className="visually-hidden">{t('value.arrowSpoken')}</span>
          <span className={lost ? styles.lost : styles.after}>{after ?? t('value.none')}</span>
        </>
      )}
    </span>
  );
}
