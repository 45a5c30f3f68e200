import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { errorIn } from '../../i18n/phrase.ts';
import { useCall } from '../../ipc/cache.ts';
import { type RunView, toApiError, useDoor } from '../../ipc/index.ts';
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx';
import { Icon } from '../../parts/Icon.tsx';
import { ReasonedButton } from '../../parts/ReasonedButton.tsx';
import { serverOf } from '../../parts/server.ts';
import { usePlanDialog } from '../plan/PlanProvider.tsx';
import styles from './RunControls.module.css';

interface Props {
  view: RunView;
  compact?: boolean;
}

const over = new Set(['succeeded', 'failed', 'aborted']);

/** Pause is the careful one. Abort and Roll back say first what they do. */
export function RunControls({ view, compact }: Props) {
  const { t } = useTranslation();
  const door = useDoor();
  const ask = usePlanDialog();
  const [aborting, setAborting] = useState(false);
  const runId = view.summary.id;
  const pause = useMutation({ mutationFn: () => door.call('run_pause', { runId }) });
  const resume = useMutation({ mutationFn: () => door.call('run_resume', { runId }) });
  const failed = pause.error ?? resume.error;
  const ended = over.has(view.summary.state);
  const resumes = view.resume.available || view.summary.state === 'interrupted';
  const look = { size: compact ? 'small' : 'middle' } as const;
  const icon = (name: 'pause' | 'play' | 'abort' | 'rollback') =>
    compact ? undefined : <Icon name={name} size={14} />;

  return (
    <span className={styles.controls}>
      {failed && (
        <span className={styles.failed} role="alert">
          {errorIn(t, toApiError(failed))}
        </span>
      )}
      {!ended &&
        (resumes ? (
          <ReasonedButton
            {...look}
            type={compact ? 'default' : 'primary'}
            icon={icon('play')}
            availability={view.resume}
            loading={resume.isPending}
            onClick={() => resume.mutate()}
          >
            {t('run.resume')}
          </ReasonedButton>
        ) : (
          <ReasonedButton
            {...look}
            type={compact ? 'default' : 'primary'}
            icon={icon('pause')}
            availability={view.pause}
            loading={pause.isPending}
            onClick={() => pause.mutate()}
          >
            {t('run.pause')}
          </ReasonedButton>
        ))}
      {!ended && (
        <ReasonedButton
          {...look}
          icon={icon('abort')}
          availability={view.abort}
          onClick={() => setAborting(true)}
        >
          {t('run.abort')}
        </ReasonedButton>
      )}
      {!compact && (
        <ReasonedButton
          {...look}
          danger
          icon={icon('rollback')}
          availability={view.rollBack}
          onClick={() => ask({ kind: 'rollBack', runId })}
        >
          {t('run.rollBack')}
        </ReasonedButton>
      )}
      {aborting && <AbortDialog view={view} onClose={() => setAborting(false)} />}
    </span>
  );
}

function AbortDialog({ view, onClose }: { view: RunView; onClose: () => void }) {
  const { t } = useTranslation();
  const door = useDoor();
  const { data } = useCall('context_list', {});
  const { context, number, id, operation, sentence } = view.summary;
  const childAlive = sentence.code === 'askChildAlive';
  const row = data?.contexts.find(({ name }) => name === context);
  const server = row ? serverOf(t, row) : '';
  const abort = useMutation({
    mutationFn: () => door.call('run_abort', { runId: id }),
    onSuccess: onClose,
  });
  return (
    <ConfirmDialog
      title={t('confirm.title')}
      subject={t('run.abortSubject', { number, operation: t(`operation.${operation}`) })}
      cluster={{ context, server, protected: false }}
      will={[childAlive ? t('run.abortWillEnd') : t('run.abortWill')]}
      willNot={[t('run.abortWillNot')]}
      wayBack={t('run.abortWayBack')}
      reversible={false}
      commands={[]}
      start={view.abort}
      busy={abort.isPending}
      error={abort.error ? toApiError(abort.error) : null}
      onConfirm={() => abort.mutate()}
      onCancel={onClose}
    />
  );
}
