import { useMutation } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { type RunSummary, useDoor } from '../../ipc/index.ts';
import styles from './HistoryPage.module.css';

interface Props {
  run: RunSummary;
  onFailed: (error: unknown) => void;
}

/** An unfinished run goes on where it ended. */
export function ResumeButton({ run, onFailed }: Props) {
  const { t } = useTranslation();
  const door = useDoor();
  const navigate = useNavigate();
  const resume = useMutation({
    mutationFn: () => door.call('run_resume', { runId: run.id }),
    onSuccess: () => navigate({ to: '/runs/$runId', params: { runId: run.id } }),
    onError: onFailed,
  });
  if (run.state !== 'interrupted' && run.state !== 'paused') return null;
  return (
    <button
      type="button"
      className={styles.action}
      disabled={resume.isPending}
      title={resume.isPending ? t('action.underWay') : undefined}
      onClick={() => resume.mutate()}
    >
      {t('run.resume')}
    </button>
  );
}
