import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import type { RefusalView } from '../../ipc/index.ts';
import { Source } from '../../parts/Source.tsx';
import { VersionChange } from '../../parts/VersionChange.tsx';
import styles from './PlannerPage.module.css';

export function Refusals({ refusals }: { refusals: readonly RefusalView[] }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  if (refusals.length === 0) return null;
  return (
    <section aria-label={t('planner.refusals')}>
      <header className={styles.head}>
        <h2>{t('planner.refusals')}</h2>
      </header>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t('planner.hopColumn')}</th>
            <th scope="col">{t('planner.method')}</th>
            <th scope="col">{t('planner.why')}</th>
            <th scope="col">{t('planner.remedyColumn')}</th>
            <th scope="col">{t('planner.sourceColumn')}</th>
          </tr>
        </thead>
        <tbody>
          {refusals.map((refusal) => (
            <tr key={`${refusal.from} ${refusal.to} ${refusal.method} ${refusal.reason.code}`}>
              <td>
                <VersionChange now={refusal.from} after={refusal.to} />
              </td>
              <td className={styles.quiet}>{t(`method.${refusal.method ?? 'any'}`)}</td>
              <td>{phrase(refusal.reason)}</td>
              <td>{refusal.remedy ? phrase(refusal.remedy) : t('value.dash')}</td>
              <td className={styles.source}>
                <Source text={refusal.source} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
