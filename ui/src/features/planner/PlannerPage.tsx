import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { useCall } from '../../ipc/cache.ts';
import { type RouteList, type RouteRequest, toApiError } from '../../ipc/index.ts';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { ReasonedButton } from '../../parts/ReasonedButton.tsx';
import { SkeletonRows } from '../../parts/Skeleton.tsx';
import { RunbookDialog } from '../runbook/RunbookDialog.tsx';
import { OpenSnapshot } from '../snapshot/OpenSnapshot.tsx';
import { First } from './First.tsx';
import { Hops } from './Hops.tsx';
import { Kubernetes } from './Kubernetes.tsx';
import { LookedAt } from './LookedAt.tsx';
import { PassedOver } from './PassedOver.tsx';
import styles from './PlannerPage.module.css';
import { Question } from './Question.tsx';
import { Refusals } from './Refusals.tsx';
import { RouteGraph } from './RouteGraph.tsx';
import { RouteTable } from './RouteTable.tsx';
import { requestOf } from './request.ts';
import type { PlannerSearch } from './search.ts';
import { Windows } from './Windows.tsx';

export function PlannerPage() {
  const search = useSearch({ from: '/planner' });
  const navigate = useNavigate({ from: '/planner' });
  const { data: choices, error, refetch } = useCall('planner_choices', {}, { anew: true });
  const asksOfMesh = search.context !== undefined && search.from === undefined;
  // Its version changes without an event: what was told before is asked again.
  const scan = useCall(
    'context_scan',
    { context: search.context ?? '' },
    { enabled: asksOfMesh, anew: true },
  );
  const [chosen, setChosen] = useState(0);
  if (error) return <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />;
  if (!choices || (asksOfMesh && scan.isPending)) return <SkeletonRows rows={10} />;
  const request = requestOf(search, choices, asksOfMesh ? scan.data : undefined);
  if (!request) return <SkeletonRows rows={10} />;
  const change = (part: PlannerSearch) => {
    setChosen(0);
    // Only what was chosen is held: the rest follows the mesh and the rules.
    void navigate({ search: { ...search, ...part }, replace: true });
  };
  return (
    <>
      <Question
        choices={choices}
        request={request}
        onChange={change}
        actions={
          <>
            <OpenSnapshot onOpened={({ name }) => change({ context: name })} />
            <Export request={request} number={chosen} />
          </>
        }
      />
      <Routes
        key={JSON.stringify(request)}
        request={request}
        asOf={choices.asOf}
        chosen={chosen}
        onChoose={setChosen}
      />
    </>
  );
}

function Export({ request, number }: { request: RouteRequest; number: number }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const { data } = useRoutes(request);
  const [open, setOpen] = useState(false);
  const noRoute = data?.verdict ? phrase(data.verdict) : t('planner.noRoute');
  const waitsFor = !data ? t('planner.noneYet') : data.routes.length === 0 ? noRoute : undefined;
  return (
    <>
      <ReasonedButton type="primary" waitsFor={waitsFor} onClick={() => setOpen(true)}>
        {t('planner.export')}
      </ReasonedButton>
      {open && <RunbookDialog of={{ kind: 'route', request, number }} onClose={() => setOpen(false)} />}
    </>
  );
}

/** A mesh changes without an event; the rules and the catalogue do not. */
function useRoutes(request: RouteRequest) {
  return useCall('planner_routes', request, { anew: request.context !== null });
}

interface RoutesProps {
  request: RouteRequest;
  asOf: string;
  chosen: number;
  onChoose: (index: number) => void;
}

function Routes(props: RoutesProps) {
  const { data, error, refetch } = useRoutes(props.request);
  if (error) return <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />;
  if (!data) return <SkeletonRows rows={10} />;
  return <Answer list={data} {...props} />;
}

function Answer({ list, request, asOf, chosen, onChoose }: RoutesProps & { list: RouteList }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const route = list.routes[chosen];
  const stops = new Set(route?.hops.flatMap(({ from, to }) => [from, to].map(minorOf)));
  return (
    <div className={styles.columns}>
      <div className={styles.left}>
        <div className={styles.scroll}>
          <section aria-label={t('planner.routes')}>
            <header className={styles.head}>
              <h2>{t('planner.routes')}</h2>
              <span>{t('planner.routesNote')}</span>
            </header>
            <RouteGraph list={list} chosen={chosen} request={request} />
          </section>
          {list.mesh && <LookedAt mesh={list.mesh} />}
          {route && <Hops route={route} number={chosen + 1} changes={list.changes} mesh={list.mesh} />}
          {route && <First todo={route.first} />}
          <Refusals refusals={list.refusals} />
        </div>
        <PassedOver passed={list.passedOver} />
      </div>
      <div className={styles.right}>
        <section aria-label={t('planner.list')}>
          <header className={styles.head}>
            <h2>{t('planner.count', { count: list.routes.length })}</h2>
            {list.verdict && <span>{phrase(list.verdict)}</span>}
          </header>
          <RouteTable list={list} chosen={chosen} onChoose={onChoose} />
        </section>
        <Windows windows={list.windows} asOf={asOf} stops={stops} />
        <Kubernetes windows={list.windows} version={request.kubernetes} />
      </div>
    </div>
  );
}

function minorOf(version: string): string {
  return version.match(/^v?(\d+\.\d+)/)?.[1] ?? version;
}
