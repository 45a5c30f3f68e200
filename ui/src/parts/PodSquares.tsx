import styles from './PodSquares.module.css';

/** One square per pod: filled where it is now, outlined where it lands after its restart. */
export type PodMark = 'stays' | 'restarts' | 'lands' | 'moved' | 'waiting' | 'failed';

export interface PodRun {
  mark: PodMark;
  count: number;
}

interface Props {
  runs: readonly PodRun[];
  label: string;
  limit?: number;
}

export function PodSquares({ runs, label, limit = 60 }: Props) {
  const total = runs.reduce((sum, run) => sum + run.count, 0);
  const scale = total > limit ? limit / total : 1;
  return (
    <span className={styles.squares} role="img" aria-label={label} title={label}>
      {runs.flatMap(({ mark, count }) =>
        Array.from({ length: count === 0 ? 0 : Math.max(1, Math.round(count * scale)) }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: squares of one mark are interchangeable
          <i key={`${mark}-${index}`} className={styles[mark]} />
        )),
      )}
    </span>
  );
}

export function PodLegend({ entries }: { entries: readonly (readonly [PodMark, string])[] }) {
  return (
    <ul className={styles.legend}>
      {entries.map(([mark, text]) => (
        <li key={mark}>
          <i className={styles[mark]} aria-hidden="true" />
          {text}
        </li>
      ))}
    </ul>
  );
}
