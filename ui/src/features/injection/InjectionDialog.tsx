import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorIn, usePhrase } from '../../i18n/phrase.ts';
import { useCall } from '../../ipc/cache.ts';
import { type MeshView, type SimulatedPod, toApiError, useDoor } from '../../ipc/index.ts';
import { Dialog } from '../../parts/Dialog.tsx';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { SkeletonRows } from '../../parts/Skeleton.tsx';
import { StateMark } from '../../parts/StateMark.tsx';
import { toneOf } from '../../parts/tone.ts';
import page from '../planner/PlannerPage.module.css';
import styles from './InjectionDialog.module.css';
import { InjectionQuestion } from './InjectionQuestion.tsx';
import { type Asked, requestOf } from './question.ts';

interface Props {
  view: MeshView;
  /** The row that it was opened from; every workload otherwise. */
  row?: { id: string; name: string };
  onClose: () => void;
}

/** Who would inject pods, now and after a change, before anything is written. */
export function InjectionDialog({ view, row, onClose }: Props) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState<Asked>({ subject: row ? 'workload' : 'all', change: 'none' });
  const { request, problem } = requestOf(view.context, asked, row?.id);
  const answer = useCall('injection_simulate', request, { keepPrevious: true, enabled: !problem });
  // What cannot be read is not asked, and the answer to another question is none to this one.
  const data = problem ? undefined : answer.data;
  const error = problem ? null : answer.error;
  return (
    <Dialog title={t('injection.title')} width={980} onClose={onClose}>
      <InjectionQuestion view={view} row={row} asked={asked} onChange={setAsked} problem={problem} />
      {error && <ErrorLine error={toApiError(error)} onRetry={() => void answer.refetch()} />}
      {!data && !error && !problem && <SkeletonRows rows={6} />}
      {data && (
        <>
          <p className={styles.sum} role="status">
            <StateMark tone={data.harmed > 0 ? 'bad' : 'ok'}>
              {data.harmed > 0
                ? t('injection.sum', { count: data.workloads, harmed: data.harmed })
                : t('injection.harmless', { count: data.workloads })}
            </StateMark>
          </p>
          {data.refused && (
            <StateMark tone="warn">{t('injection.refused', { why: errorIn(t, data.refused) })}</StateMark>
          )}
          {data.pods.length === 0 ? (
            <p className={page.none}>{t('injection.empty')}</p>
          ) : (
            <Pods pods={data.pods} view={view} />
          )}
          {data.passing.length > 0 && <Passing view={data.passing} />}
        </>
      )}
      <p className={styles.note}>{t('injection.note')}</p>
    </Dialog>
  );
}

function Pods({ pods, view }: { pods: readonly SimulatedPod[]; view: MeshView }) {
  const { t } = useTranslation();
  return (
    <table className={page.table}>
      <thead>
        <tr>
          <th scope="col">{t('injection.workload')}</th>
          <th scope="col">{t('injection.now')}</th>
          <th scope="col">{t('injection.after')}</th>
          <th scope="col">{t('injection.effect')}</th>
        </tr>
      </thead>
      <tbody>
        {pods.map((pod) => (
          <Pod key={pod.row || 'typed'} pod={pod} view={view} />
        ))}
      </tbody>
    </table>
  );
}

function Pod({ pod, view }: { pod: SimulatedPod; view: MeshView }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  return (
    <tr className={styles.pod}>
      <td>
        <b>{pod.name || t('injection.subjectLabels')}</b>
        <small>{pod.namespace}</small>
      </td>
      <td>
        <Fate fate={pod.now} />
      </td>
      <td>{pod.effect === 'unchanged' ? t('value.dash') : <Fate fate={pod.after} />}</td>
      <td>
        <StateMark tone={toneOf[pod.mark]}>{phrase(pod.said)}</StateMark>
        {pod.row !== '' && view.saved === null && <Proof view={view} pod={pod} />}
      </td>
    </tr>
  );
}

function Fate({ fate }: { fate: SimulatedPod['now'] }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  return (
    <>
      {phrase(fate.said)}
      <small>{phrase(fate.why)}</small>
      {fate.matches.length === 0 ? (
        <small>{t('injection.noMatch')}</small>
      ) : (
        fate.matches.map(({ webhook, configuration }) => (
          <small key={`${configuration} ${webhook}`}>
            <code>{t('injection.match', { webhook, configuration })}</code>
          </small>
        ))
      )}
    </>
  );
}

/** The API server's own word, by a pod that is not kept. */
function Proof({ view, pod }: { view: MeshView; pod: SimulatedPod }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const door = useDoor();
  const prove = useMutation({
    mutationFn: () => door.call('injection_prove', { context: view.context, row: pod.row }),
  });
  const { data, error } = prove;
  // To create a pod is a write, also one that is not kept.
  const waits = prove.isPending ? t('action.underWay') : undefined;
  const reason = view.readOnly ? t('injection.proveReadOnly') : waits;
  return (
    <small className={styles.proof}>
      <button
        type="button"
        className={styles.action}
        disabled={reason !== undefined}
        title={reason}
        aria-label={t('injection.proveOf', { name: pod.name })}
        onClick={() => prove.mutate()}
      >
        {t('injection.prove')}
      </button>
      <span role="status">
        {error && <StateMark tone="bad">{errorIn(t, toApiError(error))}</StateMark>}
        {data && (
          <StateMark tone={toneOf[data.mark]}>
            {phrase(data.said)}
            {data.agrees !== null && (
              <>
                {t('value.dot')}
                {t(data.agrees ? 'injection.agrees' : 'injection.differs')}
              </>
            )}
          </StateMark>
        )}
      </span>
    </small>
  );
}

function Passing({
  view,
}: {
  view: readonly {
    row: string;
    namespace: string;
    name: string;
    step: string;
    said: Parameters<ReturnType<typeof usePhrase>>[0];
  }[];
}) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  return (
    <section className={styles.passing} aria-label={t('injection.passing')}>
      <h3>{t('injection.passing')}</h3>
      <ul>
        {view.map((harm) => (
          <li key={`${harm.row} ${harm.step}`}>
            <StateMark tone="warn">
              <code>
                {harm.namespace}/{harm.name}
              </code>{' '}
              {phrase(harm.said)}
            </StateMark>
          </li>
        ))}
      </ul>
    </section>
  );
}
