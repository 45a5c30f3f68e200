import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import type { RunView } from '../../ipc/index.ts';
import { Mark } from '../../parts/StateMark.tsx';
import styles from './Sentence.module.css';
import { runTone } from './tones.ts';
import { useThrottled } from './useThrottled.ts';

/** What the run is doing now, and how far it is. */
export function Sentence({ view }: { view: RunView }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const { summary, hint, questions, secondsLeft } = view;
  const words = phrase(summary.sentence);
  const spoken = useThrottled(words, 5000);
  return (
    <section className={styles.sentence} aria-label={t('run.now')}>
      <Mark tone={runTone[summary.state]} />
      <div className={styles.words}>
        <h2>{words}</h2>
        <p>{hint ? phrase(hint) : t(`runState.${summary.state}`)}</p>
      </div>
      <p className="visually-hidden" role="status">
        {spoken}
      </p>
      <dl className={styles.figures}>
        <Figure
          value={
            summary.podsTotal === 0
              ? t('value.dash')
              : t('run.of', { done: summary.podsDone, total: summary.podsTotal })
          }
          name={t('run.podsMoved')}
        />
        <Figure
          value={
            secondsLeft === null ? t('value.dash') : t('run.minutes', { count: Math.ceil(secondsLeft / 60) })
          }
          name={t('run.left')}
        />
        <Figure value={String(questions)} name={t('run.questions')} bad={questions > 0} />
      </dl>
    </section>
  );
}

function Figure({ value, name, bad }: { value: string; name: string; bad?: boolean }) {
  return (
    <div className={styles.figure} data-bad={bad || undefined}>
      <dd>{value}</dd>
      <dt>{name}</dt>
    </div>
  );
}
