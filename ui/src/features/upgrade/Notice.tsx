import type { ReactNode } from 'react';
import { Mark, type Tone } from '../../parts/StateMark.tsx';
import styles from './Notice.module.css';

/** One line of what the user has to know about a mesh. */
export function Notice({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <p className={styles.notice} data-tone={tone} role="note">
      <Mark tone={tone} />
      <span>{children}</span>
    </p>
  );
}
