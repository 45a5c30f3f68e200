import { Fragment } from 'react';
import styles from './Source.module.css';

/** Where something is stated: words, and pages that open in the browser. */
export function Source({ text }: { text: string }) {
  return text.split(/(https:\/\/\S+)/).map((part, place) =>
    part.startsWith('https://') ? (
      <a key={part} className={styles.page} href={part} target="_blank" rel="noreferrer">
        {short(part)}
      </a>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text never move.
      <Fragment key={place}>{part}</Fragment>
    ),
  );
}

/** Its address without what every address has. */
function short(address: string): string {
  return address.replace(/^https:\/\//, '').replace(/\/$/, '');
}
