import { Input } from 'antd';
import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ReasonedButton } from '../../parts/ReasonedButton.tsx';
import styles from './SettingsPage.module.css';

interface Props {
  label: string;
  paths: readonly string[];
  onAdd: (path: string) => void;
  onRemove: (path: string) => void;
  /** The paths are listed elsewhere, with more about each. */
  addOnly?: boolean;
}

export function PathList({ label, paths, onAdd, onRemove, addOnly }: Props) {
  const { t } = useTranslation();
  const [text, setText] = useState('');
  const id = useId();
  const path = text.trim();
  const known = paths.includes(path);
  const add = (event: FormEvent) => {
    event.preventDefault();
    if (path === '' || known) return;
    onAdd(path);
    setText('');
  };
  return (
    <>
      {!addOnly && (
        <ul>
          {paths.map((some) => (
            <li key={some} className={styles.row}>
              <code>{some}</code>
              <RemoveButton path={some} onClick={() => onRemove(some)} />
            </li>
          ))}
        </ul>
      )}
      <form className={styles.add} onSubmit={add}>
        <label htmlFor={id}>{label}</label>
        <Input
          id={id}
          value={text}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
        />
        <ReasonedButton
          reasonAfter
          htmlType="submit"
          waitsFor={path === '' ? t('action.pathFirst') : known ? t('settings.pathKnown') : undefined}
        >
          {t('action.add')}
        </ReasonedButton>
      </form>
    </>
  );
}

export function RemoveButton({ path, onClick }: { path: string; onClick: () => void }) {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      className={styles.action}
      aria-label={t('action.removeOf', { name: path })}
      onClick={onClick}
    >
      {t('action.remove')}
    </button>
  );
}
