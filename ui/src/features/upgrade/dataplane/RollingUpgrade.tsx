import { useTranslation } from 'react-i18next';
import type { Availability, DataPlaneRow } from '../../../ipc/index.ts';
import { ReasonedButton } from '../../../parts/ReasonedButton.tsx';
import styles from './DataPlane.module.css';

interface Props {
  /** The selected rows that may be restarted. */
  chosen: readonly DataPlaneRow[];
  availability: Availability;
  /** Whether it is the step that comes next. */
  primary?: boolean;
  onClick: () => void;
}

/** How many pods the selection has, as the first child of the table's actions. */
export function Chosen({ chosen }: Pick<Props, 'chosen'>) {
  const { t } = useTranslation();
  if (chosen.length === 0) return null;
  const pods = chosen.reduce((sum, row) => sum + row.pods, 0);
  return <span className={styles.chosen}>{t('dataPlane.chosen', { count: chosen.length, pods })}</span>;
}

/** *Rolling Upgrade* of the selection. */
export function RollingUpgrade({ chosen, availability, primary, onClick }: Props) {
  const { t } = useTranslation();
  const count = chosen.length;
  return (
    <ReasonedButton
      type={primary ? 'primary' : 'default'}
      size="small"
      availability={availability}
      waitsFor={count === 0 ? t('dataPlane.selectFirst') : undefined}
      onClick={onClick}
    >
      {count > 0 ? t('dataPlane.rollingUpgradeOf', { count }) : t('dataPlane.rollingUpgrade')}
    </ReasonedButton>
  );
}
