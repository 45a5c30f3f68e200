import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import type { ContextRow } from '../../ipc/index.ts';
import { StateMark } from '../../parts/StateMark.tsx';
import styles from './OpenContext.module.css';

export function AskToOpen({ row, onOpen }: { row: ContextRow; onOpen: () => void }) {
  const { t } = useTranslation();
  return (
    <section className={styles.page}>
      <h1>{row.name}</h1>
      <StateMark tone="none">{t('open.executes')}</StateMark>
      <code className={styles.command}>{row.executes}</code>
      <p className={styles.note}>{t('open.nothingYet', { server: row.server })}</p>
      <Button type="primary" onClick={onOpen}>
        {t('open.open')}
      </Button>
    </section>
  );
}

export function CannotOpen({ name, problem }: { name: string; problem: string }) {
  return (
    <section className={styles.page}>
      <h1>{name}</h1>
      <StateMark tone="bad">{problem}</StateMark>
    </section>
  );
}
