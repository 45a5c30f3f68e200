import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { useCall } from '../../ipc/cache.ts';
import { toApiError } from '../../ipc/index.ts';
import { CopyButton } from '../../parts/CopyButton.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { SkeletonRows } from '../../parts/Skeleton.tsx';
import styles from './ReportDialog.module.css';

const kinds = [
  ['markdown', 'md', 'text/markdown'],
  ['html', 'html', 'text/html'],
  ['json', 'json', 'application/json'],
] as const;

function save(name: string, type: string, content: string): void {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}

export function ReportDialog({ runId, onClose }: { runId: string; onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useCall('run_report', { runId });
  return (
    <Dialog
      width={820}
      title={t('report.title')}
      onClose={onClose}
      footer={
        data &&
        kinds.map(([kind, extension, type]) => (
          <Button key={kind} onClick={() => save(`meshlift-${runId}.${extension}`, type, data[kind])}>
            {t(`report.save.${kind}`)}
          </Button>
        ))
      }
    >
      {error && <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />}
      {!data && !error && <SkeletonRows />}
      {data && (
        <div className={styles.report}>
          <pre>{data.markdown}</pre>
          <CopyButton text={data.markdown} label={t('report.copy')} />
        </div>
      )}
    </Dialog>
  );
}
