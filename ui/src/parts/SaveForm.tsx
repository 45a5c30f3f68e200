import { Button, Input } from 'antd';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ApiError, IfExists } from '../ipc/index.ts';
import { ErrorLine } from './ErrorLine.tsx';
import { ReasonedButton } from './ReasonedButton.tsx';
import styles from './SaveForm.module.css';

interface Props {
  label: string;
  action: string;
  /** A path to begin with; it may be changed. */
  suggestion: string;
  busy: boolean;
  error: ApiError | null;
  done?: ReactNode;
  onSave: (path: string, ifExists: IfExists) => void;
}

/** Asks for a path. A file that is there already is replaced only when the user says so. */
export function SaveForm({ label, action, suggestion, busy, error, done, onSave }: Props) {
  const { t } = useTranslation();
  const id = useId();
  const [typed, setTyped] = useState<string>();
  const path = (typed ?? suggestion).trim();
  const save = (event: FormEvent) => {
    event.preventDefault();
    if (path !== '') onSave(path, 'refuse');
  };
  return (
    <>
      <form className={styles.form} onSubmit={save}>
        <label htmlFor={id}>{label}</label>
        <Input
          id={id}
          value={typed ?? suggestion}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setTyped(event.target.value)}
        />
        <ReasonedButton
          htmlType="submit"
          waitsFor={path === '' ? t('action.pathFirst') : undefined}
          loading={busy}
        >
          {action}
        </ReasonedButton>
      </form>
      {error && <ErrorLine error={error} />}
      {error?.code === 'fileExists' && (
        <Button size="small" danger onClick={() => onSave(path, 'replace')}>
          {t('action.replace')}
        </Button>
      )}
      <p className={styles.done} role="status">
        {done}
      </p>
    </>
  );
}
