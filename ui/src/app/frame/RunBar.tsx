import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { RunControls } from '../../features/run/RunControls.tsx';
import { runTone } from '../../features/run/tones.ts';
import { usePhrase } from '../../i18n/phrase.ts';
import { useRun } from '../../live/useLive.ts';
import { Mark } from '../../parts/StateMark.tsx';
import styles from './RunBar.module.css';

/** The run in progress, on every page but its own. */
export function RunBar({ runId }: { runId: string }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const { view } = useRun(runId);
  if (!view) return null;
  const { summary, secondsLeft } = view;
  return (
    <section className={styles.bar} aria-label={t('run.bar')}>
      <Mark tone={runTone[summary.state]} />
      <Link to="/runs/$runId" params={{ runId }} className={styles.open}>
        <b>{summary.context}</b>
        <span className={styles.sentence} aria-live="polite">
          {t('run.inOneLine', {
            number: summary.number,
            operation: t(`act.${summary.operation}`),
            sentence: phrase(summary.sentence),
          })}
        </span>
      </Link>
      <progress
        className={styles.progress}
        aria-label={t('run.progress')}
        value={summary.podsDone}
        max={Math.max(1, summary.podsTotal)}
      />
      <span className={styles.figures}>
        {t('run.podsOf', { done: summary.podsDone, count: summary.podsTotal })}
        {secondsLeft !== null && (
          <span className={styles.left}>{t('run.minutesLeft', { count: Math.ceil(secondsLeft / 60) })}</span>
        )}
      </span>
      <span className={styles.controls}>
        <RunControls view={view} compact />
      </span>
    </section>
  );
}
