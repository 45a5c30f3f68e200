import type { ReactNode } from 'react';
import styles from './columns.module.css';

interface Props {
  tone: 'ok' | 'warn' | 'bad';
  part: number;
  whole: number;
  children: ReactNode;
}

/** A bar with its figures; the figures say it all, so the bar is silent. */
export function Meter({ tone, part, whole, children }: Props) {
  const share = whole > 0 ? Math.min(1, part / whole) : 0;
  return (
    <span className={styles.meter}>
      <span className={styles.bar} data-tone={tone} aria-hidden="true">
        <i style={{ width: `${share * 100}%` }} />
      </span>
      <span className={styles.figures}>{children}</span>
    </span>
  );
}
