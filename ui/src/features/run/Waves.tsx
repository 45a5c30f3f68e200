import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { duration } from '../../i18n/time.ts';
import type { RunView, StepState } from '../../ipc/index.ts';
import { PodLegend } from '../../parts/PodSquares.tsx';
import { Mark, type Tone } from '../../parts/StateMark.tsx';
import { Cell } from './Cell.tsx';
import { type ShownStep, shownSteps } from './shownSteps.ts';
import styles from './Waves.module.css';

const tones: Record<StepState, Tone> = {
  done: 'ok',
  current: 'run',
  later: 'idle',
  blocked: 'bad',
  failed: 'bad',
  skipped: 'none',
};

export function Waves({ view }: { view: RunView }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  return (
    <section className={styles.waves} aria-label={t('run.waves')}>
      <header className={styles.head}>
        <h2>{t('run.waves')}</h2>
        <PodLegend
          entries={[
            ['moved', t('run.legend.done')],
            ['restarts', t('run.legend.busy')],
            ['waiting', t('run.legend.waiting')],
          ]}
        />
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard */}
      <ol className={styles.list} tabIndex={0}>
        {shownSteps(view.steps, { t, phrase }).map((step) => (
          <Wave key={step.id} step={step} />
        ))}
      </ol>
    </section>
  );
}

function Wave({ step }: { step: ShownStep }) {
  const { t } = useTranslation();
  const row = useRef<HTMLLIElement>(null);
  const isCurrent = step.state === 'current';
  useEffect(() => {
    if (isCurrent) row.current?.scrollIntoView?.({ block: 'nearest' });
  }, [isCurrent]);
  const done = step.cells.filter((cell) => cell.state === 'done').length;
  const namespaces = step.namespaces.join(', ');
  const time = step.seconds === null ? '' : duration(step.seconds);
  const progress =
    step.cells.length > 0 && isCurrent
      ? t('run.waveProgress', { done, count: step.cells.length, time })
      : [t(`step.words.${step.state}`), time].filter(Boolean).join(t('value.dot'));
  return (
    <li ref={row} className={styles.wave} data-state={step.state}>
      <div className={styles.title}>
        <Mark tone={tones[step.state]} />
        <div>
          <h3>{step.title}</h3>
          {namespaces && <p>{namespaces}</p>}
          <p className={styles.progress}>{progress}</p>
        </div>
      </div>
      {step.cells.length > 0 ? (
        <ul className={styles.cells}>
          {step.cells.map((cell) => (
            <Cell key={cell.id} cell={cell} />
          ))}
        </ul>
      ) : (
        <p className={styles.command}>
          {step.commands[0] && <code title={step.commands.join('\n')}>{step.commands[0]}</code>}
          {step.commands.length > 1 && <span>{t('command.more', { count: step.commands.length - 1 })}</span>}
        </p>
      )}
    </li>
  );
}
