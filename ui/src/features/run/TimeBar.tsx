import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { duration } from '../../i18n/time.ts';
import type { RunView } from '../../ipc/index.ts';
import { shownSteps } from './shownSteps.ts';
import styles from './TimeBar.module.css';

const unknownLength = 60;

/** One segment a step, as long as it took. */
export function TimeBar({ view }: { view: RunView }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  return (
    <ol className={styles.bar} aria-label={t('run.timeline')}>
      {shownSteps(view.steps, { t, phrase }).map((step) => (
        <li
          key={step.id}
          className={styles.step}
          data-state={step.state}
          aria-current={step.state === 'current' ? 'step' : undefined}
          style={{ flexGrow: Math.max(20, step.seconds ?? unknownLength) }}
        >
          <span className={styles.title}>
            {step.title}
            <span className="visually-hidden">{t(`step.state.${step.state}`)}</span>
          </span>
          <span className={styles.track} aria-hidden="true" />
          <span className={styles.time}>{step.seconds === null ? '' : duration(step.seconds)}</span>
        </li>
      ))}
    </ol>
  );
}
