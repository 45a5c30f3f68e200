import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { duration, exactTime } from '../../i18n/time.ts';
import type { RunView } from '../../ipc/index.ts';
import { VersionChange } from '../../parts/VersionChange.tsx';
import { ReportDialog } from '../history/ReportDialog.tsx';
import { RunControls } from './RunControls.tsx';
import styles from './RunHead.module.css';
import { useNow } from './useNow.ts';

export function RunHead({ view }: { view: RunView }) {
  const { t, i18n } = useTranslation();
  const { summary } = view;
  const [report, setReport] = useState(false);
  const now = useNow(summary.endedAt === null);
  const until = summary.endedAt === null ? now : Date.parse(summary.endedAt);
  const seconds = Math.max(0, Math.round((until - Date.parse(summary.startedAt)) / 1000));
  return (
    <header className={styles.head}>
      <div>
        <h1 className={styles.title}>
          {t('run.title', { number: summary.number })}
          <span className={styles.operation}>{t(`operation.${summary.operation}`)}</span>
          <VersionChange now={summary.from} after={summary.to} />
        </h1>
        <p className={styles.sub}>
          <time dateTime={summary.startedAt} title={exactTime(summary.startedAt, i18n.language)}>
            {t('run.startedBy', {
              at: exactTime(summary.startedAt, i18n.language),
              operator: summary.operator,
              mesh: summary.context,
            })}
          </time>
          {t('value.dot')}
          {t(summary.endedAt === null ? 'run.soFar' : 'run.took', { time: duration(seconds) })}
        </p>
      </div>
      <div className={styles.actions}>
        <Button onClick={() => setReport(true)}>{t('run.report')}</Button>
        <RunControls view={view} />
      </div>
      {report && <ReportDialog runId={summary.id} onClose={() => setReport(false)} />}
    </header>
  );
}
