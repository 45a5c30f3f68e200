import { useTranslation } from 'react-i18next';
import styles from './CommandList.module.css';
import { CopyButton } from './CopyButton.tsx';

export function CommandList({ commands }: { commands: readonly string[] }) {
  const { t } = useTranslation();
  const text = commands.join('\n');
  return (
    <div className={styles.list}>
      <pre>{text}</pre>
      <CopyButton text={text} label={t('command.copy')} />
    </div>
  );
}
