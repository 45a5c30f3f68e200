import { useTranslation } from 'react-i18next';
import styles from './ContextTag.module.css';

export function isProduction(tag: string | null | undefined): boolean {
  return tag === 'prod';
}

export function ContextTag({ tag }: { tag: string }) {
  const { t } = useTranslation();
  return (
    <span className={styles.tag} data-production={isProduction(tag) || undefined}>
      {t(`tag.${tag}` as 'tag.prod', { defaultValue: tag })}
    </span>
  );
}

/** The strip at the left of a context, red for production and for nothing else. */
export function ContextStrip({ tag }: { tag: string | null }) {
  return <span className={styles.strip} data-tag={tag ?? undefined} aria-hidden="true" />;
}
