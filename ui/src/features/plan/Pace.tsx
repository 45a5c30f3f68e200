import { Select } from 'antd';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { OperationRequest } from '../../ipc/index.ts';
import styles from './Pace.module.css';

export type Restart = Extract<OperationRequest, { kind: 'restart' }>;

interface Props {
  restart: Restart;
  onChange: (restart: Restart) => void;
}

/** Stands for what the app chooses: a select has no empty choice of its own. */
const BY_APP = '';
const WIDTHS = [1, 2, 3, 5, 10];

/** Which workload goes first, alone, and how many restart at a time afterwards. */
export function Pace({ restart, onChange }: Props) {
  const { t } = useTranslation();
  const firstId = useId();
  const widthId = useId();
  const byApp = { value: BY_APP, label: t('confirm.byApp') };
  return (
    <div className={styles.pace}>
      <label htmlFor={firstId}>{t('confirm.first')}</label>
      <Select
        id={firstId}
        size="small"
        value={restart.first ?? BY_APP}
        options={[byApp, ...restart.workloads.map((id) => ({ value: id, label: id }))]}
        onChange={(first) => onChange({ ...restart, first: first === BY_APP ? null : first })}
      />
      <label htmlFor={widthId}>{t('confirm.width')}</label>
      <Select
        id={widthId}
        size="small"
        value={restart.width === null ? BY_APP : String(restart.width)}
        options={[byApp, ...WIDTHS.map((width) => ({ value: String(width), label: String(width) }))]}
        onChange={(width) => onChange({ ...restart, width: width === BY_APP ? null : Number(width) })}
      />
    </div>
  );
}
