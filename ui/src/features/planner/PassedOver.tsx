import { useTranslation } from 'react-i18next';
import type { PassedOverView } from '../../ipc/index.ts';
import styles from './PlannerPage.module.css';

/** The foot: versions on the way that no route stops at, and what every route needs besides. */
export function PassedOver({ passed }: { passed: readonly PassedOverView[] }) {
  const { t } = useTranslation();
  const list = passed.map(({ version, instead, defects }) =>
    defects.length > 0
      ? t('planner.avoided', { version, instead, defects: defects.join(t('value.comma')) })
      : t('planner.superseded', { version, instead }),
  );
  return (
    <footer className={styles.foot}>
      {list.length > 0
        ? t('planner.passedOver', { list: list.join(t('value.semicolon')) })
        : t('planner.notesOnly')}
    </footer>
  );
}
