import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../../i18n/phrase.ts';
import type { DataPlaneRow } from '../../../ipc/index.ts';
import { CopyButton } from '../../../parts/CopyButton.tsx';
import { useSimulator } from '../../injection/SimulatorProvider.tsx';
import styles from './RowDetail.module.css';

/** The whole reason of a row, and the command line of its action. */
export function RowDetail({ row }: { row: DataPlaneRow }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const simulate = useSimulator();
  const { reason } = row.restart;
  return (
    <div className={styles.detail}>
      {row.detail.map((sentence) => (
        <p key={`${sentence.code} ${JSON.stringify(sentence.params)}`}>{phrase(sentence)}</p>
      ))}
      {row.detail.length === 0 && <p>{phrase(row.why)}</p>}
      {!row.restart.available && reason && <p>{t('dataPlane.notNow', { why: phrase(reason) })}</p>}
      {simulate && (
        <Button
          size="small"
          aria-label={t('injection.openOf', { name: row.name })}
          onClick={() => simulate({ id: row.id, name: row.name })}
        >
          {t('injection.open')}
        </Button>
      )}
      {row.command && (
        <p className={styles.command}>
          <code>{row.command}</code>
          <CopyButton text={row.command} label={t('command.copyOf', { name: row.name })} />
        </p>
      )}
    </div>
  );
}
