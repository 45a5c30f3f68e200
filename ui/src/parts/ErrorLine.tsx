import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorIn, usePhrase } from '../i18n/phrase.ts';
import type { ApiError } from '../ipc/index.ts';
import styles from './ErrorLine.module.css';
import { Mark } from './StateMark.tsx';

interface Props {
  error: ApiError;
  onRetry?: () => void;
}

/** One sentence; what lies behind it is folded away. */
export function ErrorLine({ error, onRetry }: Props) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const [open, setOpen] = useState(false);
  const detail = [error.message, ...error.detail];
  return (
    <div className={styles.error} role="alert">
      <p className={styles.line}>
        <Mark tone="bad" />
        <span>
          {errorIn(t, error)}
          {error.hint && <span className={styles.hint}>{phrase(error.hint)}</span>}
        </span>
        <Button type="link" size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t(open ? 'action.hideDetails' : 'action.showDetails')}
        </Button>
        {error.retryable && onRetry && (
          <Button size="small" onClick={onRetry}>
            {t('action.retry')}
          </Button>
        )}
      </p>
      {open && <pre className={styles.detail}>{detail.join('\n')}</pre>}
    </div>
  );
}
