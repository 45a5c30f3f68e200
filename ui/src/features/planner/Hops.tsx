import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import type { ChangeView, HopView, PlannedMesh, RouteView } from '../../ipc/index.ts';
import { Source } from '../../parts/Source.tsx';
import { StateMark } from '../../parts/StateMark.tsx';
import { VersionChange } from '../../parts/VersionChange.tsx';
import { Changes } from './Changes.tsx';
import styles from './Hops.module.css';
import page from './PlannerPage.module.css';

interface Props {
  route: RouteView;
  number: number;
  changes: readonly ChangeView[];
  mesh: PlannedMesh | null;
}

export function Hops({ route, number, changes, mesh }: Props) {
  const { t } = useTranslation();
  const known = new Map(changes.map((change) => [change.id, change]));
  const crossed = [...new Set(route.hops.flatMap((hop) => hop.changes))].flatMap((id) => known.get(id) ?? []);
  const hits = crossed.filter(({ hit }) => hit === 'hit').length;
  const open = crossed.filter(({ hit }) => hit === 'undecided').length;
  return (
    <section aria-label={t('planner.hopByHop', { number })}>
      <header className={page.head}>
        <h2>{t('planner.hopByHop', { number })}</h2>
        <span>
          {mesh
            ? t('planner.hitsOf', { hits, open, count: crossed.length })
            : t('planner.crossed', { count: crossed.length })}
        </span>
      </header>
      <ol className={styles.hops}>
        {route.hops.map((hop, index) => (
          <Hop
            key={`${hop.from} ${hop.to}`}
            hop={hop}
            number={index + 1}
            changes={hop.changes.flatMap((id) => known.get(id) ?? [])}
          />
        ))}
      </ol>
    </section>
  );
}

function Hop({ hop, number, changes }: { hop: HopView; number: number; changes: readonly ChangeView[] }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const method = t(`method.${hop.method}`);
  const { refused } = hop.other;
  return (
    <li>
      {hop.kubernetesFirst && (
        <p className={styles.line}>
          <StateMark tone="warn">
            <b>
              {t('planner.kubernetesStep', { path: hop.kubernetesFirst.minors.join(t('value.arrowPadded')) })}
            </b>{' '}
            {phrase(hop.kubernetesFirst.why)}
          </StateMark>
        </p>
      )}
      <div className={styles.head}>
        <p>
          <b>{t('planner.hop', { number })}</b> <VersionChange now={hop.from} after={hop.to} />{' '}
          <b>{refused ? t('planner.onlyMethod', { method }) : method}</b>{' '}
          <span className={page.quiet}>
            {refused
              ? phrase(refused)
              : t('planner.eitherMethod', {
                  method: phrase(hop.reason),
                  other: t(`method.${hop.other.method}`),
                })}
          </span>
        </p>
        <p className={styles.sub}>
          {t(hop.wayBack ? 'planner.canRevoke' : 'planner.noWayBack')}
          {t('value.dot')}
          {phrase(hop.reason)}
          {t('value.dot')}
          <span className={page.source}>
            <Source text={t('planner.hopRule', { rule: hop.rule, source: hop.source })} />
          </span>
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
      <Changes changes={changes} />
    </li>
  );
}
