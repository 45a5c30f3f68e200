import type { ReactNode } from 'react';
import styles from './StateMark.module.css';

/** Shape goes with colour: circle, triangle, diamond and ring read in black and white too. */
export type Tone = 'ok' | 'run' | 'idle' | 'warn' | 'bad' | 'none';

const shapes: Record<Tone, ReactNode> = {
  ok: <circle cx="5" cy="5" r="4" />,
  run: <circle cx="5" cy="5" r="4" />,
  idle: <circle cx="5" cy="5" r="4" />,
  warn: <path d="M5 .8 9.8 9.2H.2z" />,
  bad: <path d="M5 0 10 5 5 10 0 5z" />,
  none: <circle cx="5" cy="5" r="3.4" fill="none" strokeWidth="1.3" className={styles.ring} />,
};

export function Mark({ tone }: { tone: Tone }) {
  return (
    <svg
      className={`${styles.mark} ${styles[tone]}`}
      viewBox="0 0 10 10"
      aria-hidden="true"
      focusable="false"
    >
      {shapes[tone]}
    </svg>
  );
}

interface Props {
  tone: Tone;
  strong?: boolean;
  children: ReactNode;
}

export function StateMark({ tone, strong, children }: Props) {
  return (
    <span className={styles.state} data-tone={tone} data-strong={strong}>
      <Mark tone={tone} />
      <span className={styles.words}>{children}</span>
    </span>
  );
}
