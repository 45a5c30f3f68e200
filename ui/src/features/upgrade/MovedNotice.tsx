import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ApiError, type ContextRow, toApiError, useDoor } from '../../ipc/index.ts';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import styles from './MovedNotice.module.css';
import { Notice } from './Notice.tsx';

interface Props {
  row: ContextRow;
  movedTo: string;
  onClosed: () => void;
}

/** A kubeconfig that was rewritten leads elsewhere: what is open stays, and going there is the user's. */
export function MovedNotice({ row, movedTo, onClosed }: Props) {
  const { t } = useTranslation();
  const door = useDoor();
  const [failure, setFailure] = useState<ApiError>();
  const go = () =>
    door.call('context_close', { context: row.name }).then(onClosed, (error: unknown) => {
      setFailure(toApiError(error));
    });
  return (
    <>
      <Notice tone="warn">
        {t('open.moved', { server: row.server, movedTo })}{' '}
        {row.executes !== null && (
          <>
            {t('open.executes')} <code className={styles.command}>{row.executes}</code>{' '}
          </>
        )}
        <Button size="small" onClick={() => void go()}>
          {t('open.openThere')}
        </Button>
      </Notice>
      {failure && <ErrorLine error={failure} />}
    </>
  );
}
