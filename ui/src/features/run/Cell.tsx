import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { duration } from '../../i18n/time.ts';
import type { CellView } from '../../ipc/index.ts';
import { PodSquares } from '../../parts/PodSquares.tsx';
import styles from './Cell.module.css';
import { cellMark } from './tones.ts';

export function Cell({ cell }: { cell: CellView }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const rest = Math.max(0, cell.total - cell.done - cell.busy);
  const state = t(`cell.${cell.state}`);
  return (
    <li className={styles.cell} data-state={cell.state} title={cell.note ? phrase(cell.note) : undefined}>
      <span className={styles.line}>
        <span className={styles.name}>{cell.name}</span>
        <span className={styles.count}>{t('run.of', { done: cell.done, total: cell.total })}</span>
      </span>
      <span className={styles.line}>
        <PodSquares
          limit={14}
          label={t('run.cellPods', { state, done: cell.done, total: cell.total })}
          runs={[
            { mark: 'moved', count: cell.done },
            { mark: 'restarts', count: cell.busy },
            { mark: cellMark[cell.state] === 'failed' ? 'failed' : 'waiting', count: rest },
          ]}
        />
        <span className={styles.time}>
          {cell.state === 'asks' || cell.state === 'failed' || cell.state === 'skipped'
            ? state
            : cell.seconds !== null && duration(cell.seconds)}
        </span>
      </span>
    </li>
  );
}
