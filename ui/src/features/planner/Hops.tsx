import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import type { HopView, RouteView } from '../../ipc/index.ts';
import { StateMark } from '../../parts/StateMark.tsx';
import { VersionChange } from '../../parts/VersionChange.tsx';
import styles from './Hops.module.css';
import page from './PlannerPage.module.css';

export function Hops({ route, number }: { route: RouteView; number: number }) {
  const { t } = useTranslation();
  return (
    <section aria-label={t('planner.hopByHop', { number })}>
      <header className={page.head}>
        <h2>{t('planner.hopByHop', { number })}</h2>
        <span>{t('planner.readNotes')}</span>
      </header>
      <ol className={styles.hops}>
        {route.hops.map((hop, index) => (
          <Hop key={`${hop.from} ${hop.to}`} hop={hop} number={index + 1} />
        ))}
      </ol>
    </section>
  );
}

function Hop({ hop, number }: { hop: HopView; number: number }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  return (
    <li>
      <div className={styles.head}>
        <p>
          <b>{t('planner.hop', { number })}</b> <VersionChange now={hop.from} after={hop.to} />{' '}
          <b>{t(`method.${hop.method}`)}</b> <span className={page.quiet}>{phrase(hop.reason)}</span>
        </p>
        <p className={styles.sub}>
          {t(hop.method === 'canary' ? 'planner.canRevoke' : 'planner.noWayBack')}
          {t('value.dot')}
          <span className={page.source}>{t('planner.source', { source: hop.source })}</span>
        </p>
      </div>
      {hop.kubernetesFits === false && (
        <p className={styles.line}>
          <StateMark tone="bad">{t('planner.kubernetesTooOld')}</StateMark>
        </p>
      )}
      {hop.warnings.map((warning) => (
        <p key={`${warning.code} ${JSON.stringify(warning.params)}`} className={styles.line}>
          <StateMark tone="warn">{phrase(warning)}</StateMark>
        </p>
      ))}
    </li>
  );
}
