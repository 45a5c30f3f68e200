import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './CommandFoot.module.css';
import { CopyButton } from './CopyButton.tsx';

interface Props {
  /** Every command of the action, in the order in which they would run. */
  commands: readonly string[];
  placeholder: string;
  note?: ReactNode;
}

export function CommandFoot({ commands, placeholder, note }: Props) {
  const { t } = useTranslation();
  const [first, ...more] = commands;
  return (
    <footer className={styles.foot}>
      <span className={styles.label}>{t('command.label')}</span>
      {first === undefined ? (
        <span className={styles.placeholder}>{placeholder}</span>
      ) : (
        <>
          <code className={styles.command} title={commands.join('\n')}>
            {first}
          </code>
          {more.length > 0 && (
            <span className={styles.more}>{t('command.more', { count: more.length })}</span>
          )}
          <CopyButton text={commands.join('\n')} label={t('command.copy')} />
        </>
      )}
      {note !== undefined && <span className={styles.note}>{note}</span>}
    </footer>
  );
}
