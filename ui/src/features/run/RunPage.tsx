import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import type { RunView } from '../../ipc/index.ts';
import { useRun } from '../../live/useLive.ts';
import { CommandsDialog } from '../../parts/CommandsDialog.tsx';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { SkeletonRows } from '../../parts/Skeleton.tsx';
import { StateMark } from '../../parts/StateMark.tsx';
import { HandOff } from './HandOff.tsx';
import { Question } from './Question.tsx';
import { RunHead } from './RunHead.tsx';
import { RunLog } from './RunLog.tsx';
import styles from './RunPage.module.css';
import { Sentence } from './Sentence.tsx';
import { TimeBar } from './TimeBar.tsx';
import { TrafficNews } from './TrafficNews.tsx';
import { Waves } from './Waves.tsx';

export function RunPage() {
  const { runId } = useParams({ from: '/runs/$runId' });
  const { view, log, failure } = useRun(runId);
  return (
    <>
      {failure && <ErrorLine error={failure} />}
      {view ? (
        <>
          <RunHead view={view} />
          <TimeBar view={view} />
          <Sentence view={view} />
          <TrafficNews changes={view.trafficChanges} unseen={view.trafficUnseen} />
          {view.handOff && <HandOff runId={runId} handOff={view.handOff} />}
          {view.question && <Question runId={runId} question={view.question} />}
          <div className={styles.body}>
            <Waves view={view} />
            <RunLog log={log} ended={view.summary.endedAt !== null} />
          </div>
          <Foot view={view} />
        </>
      ) : (
        !failure && <SkeletonRows rows={12} />
      )}
    </>
  );
}

function Foot({ view }: { view: RunView }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const [open, setOpen] = useState(false);
  const commands = view.steps.flatMap((step) => step.commands);
  return (
    <footer className={styles.foot}>
      {view.leftOver.length > 0 && (
        <StateMark tone="warn">{t('run.leftOver', { names: view.leftOver.join(', ') })}</StateMark>
      )}
      <span className={styles.meaning}>
        {t('run.pauseMeans')} {t('run.abortMeans')}{' '}
        {view.rollBack.available
          ? t('run.rollBackMeans')
          : t('run.noRollBack', { why: view.rollBack.reason ? phrase(view.rollBack.reason) : '' })}
      </span>
      <button type="button" className={styles.link} onClick={() => setOpen(true)}>
        {t('run.showCommands')}
      </button>
      {open && <CommandsDialog commands={commands} onClose={() => setOpen(false)} />}
    </footer>
  );
}
