import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { RunSummary } from '../../ipc/index.ts';
import styles from './columns.module.css';
import type { Scan } from './useScans.ts';

const over = new Set(['succeeded', 'failed', 'aborted']);

export function MeshAction({ scan, runs }: { scan: Scan; runs: readonly RunSummary[] }) {
  const { t } = useTranslation();
  const { context, error, retry } = scan;
  const run = runs.find((some) => some.context === context.name && !over.has(some.state));
  const labelled = (action: string) => ({
    'aria-label': t('dataPlane.actionOn', { action, name: context.name }),
  });
  if (run) {
    const words = t('meshes.openRun');
    return (
      <Link to="/runs/$runId" params={{ runId: run.id }} {...labelled(words)}>
        {words}
      </Link>
    );
  }
  if (context.problem !== null) return null;
  if (error?.retryable) {
    const words = t('action.retry');
    return (
      <button type="button" className={styles.action} onClick={retry} {...labelled(words)}>
        {words}
      </button>
    );
  }
  const words = t('open.open');
  return (
    <Link to="/upgrade/$context" params={{ context: context.name }} {...labelled(words)}>
      {words}
    </Link>
  );
}
