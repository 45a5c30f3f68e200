import { useTranslation } from 'react-i18next';
import styles from './Skeleton.module.css';

export function SkeletonBar({ width }: { width: number | string }) {
  return <span className={styles.bar} style={{ width }} aria-hidden="true" />;
}

/** The shape of the rows to come, so that nothing moves when they arrive. */
export function SkeletonRows({ rows = 6, height = 32 }: { rows?: number; height?: number }) {
  const { t } = useTranslation();
  return (
    <div role="status" aria-label={t('state.loading')}>
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholder rows have no identity
        <div key={index} className={styles.row} style={{ height }}>
          <SkeletonBar width={14} />
          <SkeletonBar width={`${14 + ((index * 5) % 9)}%`} />
          <SkeletonBar width="8%" />
          <SkeletonBar width="14%" />
          <SkeletonBar width={`${16 + ((index * 7) % 11)}%`} />
        </div>
      ))}
    </div>
  );
}
