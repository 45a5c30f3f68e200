import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { useCall } from '../../ipc/cache.ts';
import { type RunSummary, toApiError } from '../../ipc/index.ts';
import { Ago } from '../../parts/Ago.tsx';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { DataGrid } from '../../parts/grid/DataGrid.tsx';
import type { GridColumn } from '../../parts/grid/types.ts';
import { StateMark } from '../../parts/StateMark.tsx';
import { VersionChange } from '../../parts/VersionChange.tsx';
import { runTone } from '../run/tones.ts';
import styles from './HistoryPage.module.css';
import { ReportDialog } from './ReportDialog.tsx';
import { ResumeButton } from './ResumeButton.tsx';

const idOf = (run: RunSummary) => run.id;
const nameOf = (run: RunSummary) => String(run.number);
const none: readonly RunSummary[] = [];

export function HistoryPage() {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const { data, error, isPending, refetch } = useCall('run_list', {});
  const [report, setReport] = useState<string>();
  const [failed, setFailed] = useState<unknown>();

  const columns = useMemo<GridColumn<RunSummary>[]>(
    () => [
      {
        id: 'run',
        header: t('history.run'),
        width: 74,
        narrow: 64,
        cell: (run) => (
          <Link to="/runs/$runId" params={{ runId: run.id }}>
            {t('run.title', { number: run.number })}
          </Link>
        ),
      },
      { id: 'context', header: t('meshes.context'), width: 132, narrow: 108, cell: (run) => run.context },
      {
        id: 'operation',
        header: t('history.operation'),
        width: 164,
        narrow: 150,
        cell: (run) => t(`act.${run.operation}`),
      },
      {
        id: 'change',
        header: t('history.change'),
        width: 236,
        narrow: 222,
        cell: (run) => (
          <div className={styles.change} title={t('history.changeOf', { from: run.from, to: run.to })}>
            <VersionChange now={run.from} after={run.to} />
          </div>
        ),
      },
      {
        id: 'state',
        header: t('history.outcome'),
        width: 112,
        narrow: 106,
        cell: (run) => <StateMark tone={runTone[run.state]}>{t(`runState.${run.state}`)}</StateMark>,
      },
      {
        id: 'sentence',
        header: t('history.sentence'),
        width: 60,
        narrow: 40,
        grow: true,
        cell: (run) => (
          <span className={styles.sentence} title={phrase(run.sentence)}>
            {phrase(run.sentence)}
          </span>
        ),
      },
      {
        id: 'pods',
        header: t('dataPlane.pods'),
        width: 66,
        narrow: 58,
        align: 'end',
        cell: (run) => t('value.ratio', { part: run.podsDone, whole: run.podsTotal }),
      },
      { id: 'who', header: t('history.operator'), width: 126, narrow: 108, cell: (run) => run.operator },
      {
        id: 'when',
        header: t('history.started'),
        width: 104,
        narrow: 94,
        cell: (run) => <Ago at={run.startedAt} />,
      },
      {
        id: 'action',
        header: t('meshes.action'),
        width: 130,
        narrow: 116,
        cell: (run) => (
          <span className={styles.actions}>
            <button type="button" className={styles.action} onClick={() => setReport(run.id)}>
              {t('run.report')}
            </button>
            <ResumeButton run={run} onFailed={setFailed} />
          </span>
        ),
      },
    ],
    [t, phrase],
  );

  return (
    <>
      <header className={styles.head}>
        <h1>{t('nav.history')}</h1>
        <span className={styles.note}>{t('history.note')}</span>
      </header>
      {error && <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />}
      {failed ? <ErrorLine error={toApiError(failed)} /> : null}
      <DataGrid
        label={t('nav.history')}
        columns={columns}
        rows={data ?? none}
        rowId={idOf}
        rowName={nameOf}
        loading={isPending}
        empty={t('history.empty')}
      />
      {report !== undefined && <ReportDialog runId={report} onClose={() => setReport(undefined)} />}
    </>
  );
}
