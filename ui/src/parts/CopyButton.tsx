import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import styles from './CopyButton.module.css';
import { Icon } from './Icon.tsx';

interface Props {
  text: string | (() => string);
  label: string;
  words?: string;
}

export function CopyButton({ text, label, words }: Props) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);

  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 1600);
    return () => clearTimeout(timer);
  }, [copied]);

  const copy = () => {
    void navigator.clipboard.writeText(typeof text === 'string' ? text : text()).then(() => setCopied(true));
  };

  return (
    <button type="button" className={styles.copy} onClick={copy} aria-label={label} title={label}>
      {words ?? <Icon name={copied ? 'check' : 'copy'} size={14} />}
      <span className="visually-hidden" aria-live="polite">
        {copied ? t('command.copied') : ''}
      </span>
    </button>
  );
}
