import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { useCall } from '../../ipc/cache.ts';
import { type PlannerChoices, type RouteList, type RouteRequest, toApiError } from '../../ipc/index.ts';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { SkeletonRows } from '../../parts/Skeleton.tsx';
import { Hops } from './Hops.tsx';
import { Kubernetes } from './Kubernetes.tsx';
import styles from './PlannerPage.module.css';
import { Question } from './Question.tsx';
import { Refusals } from './Refusals.tsx';
import { RouteGraph } from './RouteGraph.tsx';
import { RouteTable } from './RouteTable.tsx';
import type { PlannerSearch } from './search.ts';
import { Windows } from './Windows.tsx';

/** What is asked: what the address says, completed so that there is always a question. */
function requestOf(search: PlannerSearch, choices: PlannerChoices): RouteRequest | null {
  const profile = choices.profiles.find(({ id }) => id === search.profile)?.id ?? choices.profiles[0]?.id;
  if (profile === undefined) return null;
  const versions = choices.versions[profile] ?? [];
  const to = search.to ?? versions[0];
  const from = search.from ?? versions[Math.min(versions.length - 1, 8)];
  if (from === undefined || to === undefined) return null;
  return { from, to, profile, kubernetes: search.kubernetes ?? null };
}

export function PlannerPage() {
  const search = useSearch({ from: '/planner' });
  const navigate = useNavigate({ from: '/planner' });
  const { data: choices, error, refetch } = useCall('planner_choices', {});
  if (error) return <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />;
  if (!choices) return <SkeletonRows rows={10} />;
  const request = requestOf(search, choices);
  if (!request) return <SkeletonRows rows={10} />;
  return (
    <>
      <Question
        choices={choices}
        request={request}
        onChange={(part) =>
          void navigate({
            search: { ...request, kubernetes: request.kubernetes ?? undefined, ...part },
            replace: true,
          })
        }
      />
      <Routes key={JSON.stringify(request)} request={request} asOf={choices.asOf} />
    </>
  );
}

function Routes({ request, asOf }: { request: RouteRequest; asOf: string }) {
  const { data, error, refetch } = useCall('planner_routes', request);
  if (error) return <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />;
  if (!data) return <SkeletonRows rows={10} />;
  return <Answer list={data} request={request} asOf={asOf} />;
}

function Answer({ list, request, asOf }: { list: RouteList; request: RouteRequest; asOf: string }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const [chosen, setChosen] = useState(0);
  const route = list.routes[chosen];
  return (
    <div className={styles.columns}>
      <div className={styles.left}>
        <section aria-label={t('planner.routes')}>
          <header className={styles.head}>
            <h2>{t('planner.routes')}</h2>
            <span>{t('planner.routesNote')}</span>
          </header>
          <RouteGraph list={list} chosen={chosen} request={request} />
        </section>
        {route && <Hops route={route} number={chosen + 1} />}
        <Refusals refusals={list.refusals} />
      </div>
      <div className={styles.right}>
        <section aria-label={t('planner.list')}>
          <header className={styles.head}>
            <h2>{t('planner.count', { count: list.routes.length })}</h2>
            {list.verdict && <span>{phrase(list.verdict)}</span>}
          </header>
          <RouteTable routes={list.routes} chosen={chosen} onChoose={setChosen} />
        </section>
        <Windows windows={list.windows} asOf={asOf} />
        <Kubernetes windows={list.windows} version={request.kubernetes} />
      </div>
    </div>
  );
}
