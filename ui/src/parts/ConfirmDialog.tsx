import { Button, Input } from 'antd';
import { type PropsWithChildren, type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../i18n/phrase.ts';
import type { ApiError, Availability } from '../ipc/index.ts';
import { CommandList } from './CommandList.tsx';
import styles from './ConfirmDialog.module.css';
import { Dialog } from './Dialog.tsx';
import { ErrorLine } from './ErrorLine.tsx';

export interface Cluster {
  context: string;
  server: string;
  /** The context's name has to be typed. */
  protected: boolean;
}

interface Props {
  title: string;
  subject: ReactNode;
  cluster: Cluster;
  will: readonly string[];
  willNot: readonly string[];
  wayBack: string;
  /** Whether it can be undone; what cannot is never a primary button. */
  reversible: boolean;
  commands: readonly string[];
  start: Availability;
  ready?: boolean;
  busy: boolean;
  error: ApiError | null;
  onConfirm: (typedName: string | null) => void;
  onCancel: () => void;
}

export function ConfirmDialog(props: PropsWithChildren<Props>) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const [typed, setTyped] = useState('');
  const reasonId = useId();
  const typedId = useId();
  const { cluster, start, ready = true } = props;
  const named = !cluster.protected || typed === cluster.context;
  const reason = !start.available
    ? start.reason && phrase(start.reason)
    : named
      ? ready
        ? undefined
        : t('confirm.agreeFirst')
      : t('confirm.typeFirst');

  return (
    <Dialog
      title={props.title}
      width={640}
      onClose={props.onCancel}
      footer={
        <div className={styles.foot}>
          <span id={reasonId} className={styles.reason}>
            {reason}
          </span>
          <Button onClick={props.onCancel}>{t('action.cancel')}</Button>
          <Button
            type={props.reversible ? 'primary' : 'default'}
            danger={!props.reversible}
            disabled={reason !== undefined && reason !== null}
            loading={props.busy}
            aria-describedby={reasonId}
            onClick={() => props.onConfirm(cluster.protected ? typed : null)}
          >
            {t('action.ok')}
          </Button>
        </div>
      }
    >
      <p className={styles.subject}>{props.subject}</p>
      <dl className={styles.cluster}>
        <dt>{t('confirm.cluster')}</dt>
        <dd>{cluster.context}</dd>
        <dt>{t('confirm.server')}</dt>
        <dd>
          <code>{cluster.server}</code>
        </dd>
      </dl>
      <Sentences title={t('confirm.will')} lines={props.will} />
      <Sentences title={t('confirm.willNot')} lines={props.willNot} />
      <Sentences title={t('confirm.wayBack')} lines={[props.wayBack]} />
      {props.children}
      {props.commands.length > 0 && (
        <details className={styles.commands}>
          <summary>{t('confirm.commands', { count: props.commands.length })}</summary>
          <CommandList commands={props.commands} />
        </details>
      )}
      {cluster.protected && (
        <div className={styles.typed}>
          <label htmlFor={typedId}>{t('confirm.typeName', { name: cluster.context })}</label>
          <Input
            id={typedId}
            value={typed}
            placeholder={cluster.context}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setTyped(event.target.value)}
          />
        </div>
      )}
      {props.error && <ErrorLine error={props.error} />}
    </Dialog>
  );
}

function Sentences({ title, lines }: { title: string; lines: readonly string[] }) {
  const id = useId();
  if (lines.length === 0) return null;
  return (
    <section className={styles.part} aria-labelledby={id}>
      <h3 id={id}>{title}</h3>
      <ul>
        {lines.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
    </section>
  );
}
