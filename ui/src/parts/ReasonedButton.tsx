import { Button, type ButtonProps } from 'antd';
import { useId } from 'react';
import { usePhrase } from '../i18n/phrase.ts';
import type { Availability } from '../ipc/index.ts';
import styles from './ReasonedButton.module.css';

type Props = Omit<ButtonProps, 'disabled' | 'aria-describedby'> & {
  /** Whether it may be pressed, as the application knows. */
  availability?: Availability;
  /** Why it may not be pressed yet, as this page knows. */
  waitsFor?: string;
  reasonAfter?: boolean;
};

const always: Availability = { available: true, reason: null };

/** A button that, when it may not be pressed, says why beside it. */
export function ReasonedButton({ availability = always, waitsFor, reasonAfter, ...button }: Props) {
  const phrase = usePhrase();
  const ownId = useId();
  const available = availability.available && waitsFor === undefined;
  const reason = availability.available ? waitsFor : availability.reason && phrase(availability.reason);
  const words =
    !available && reason ? (
      <span id={ownId} className={styles.reason}>
        {reason}
      </span>
    ) : null;
  return (
    <span className={styles.pair}>
      {!reasonAfter && words}
      <Button {...button} disabled={!available} aria-describedby={words ? ownId : undefined} />
      {reasonAfter && words}
    </span>
  );
}
