import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../../i18n/phrase.ts';
import { useDataPlaneActions } from './actions.tsx';
import styles from './columns.module.css';
import { type DataPlaneNode, rowsOf } from './tree.ts';

export function RowAction({ node }: { node: DataPlaneNode }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const actions = useDataPlaneActions();
  const rows = rowsOf(node);
  const ready = rows.filter((row) => row.restart.available);
  const gateway = node.kind === 'workload' && node.row.gateway;
  const [first] = rows;
  if (!first || rows.every((row) => row.state === 'noSidecar' || row.state === 'upToDate')) return null;
  const words = t(gateway ? 'dataPlane.upgradeGateway' : 'dataPlane.rollingUpgrade');
  const name = node.kind === 'namespace' ? node.name : node.kind === 'fold' ? '' : node.row.name;
  return (
    <button
      type="button"
      className={styles.action}
      disabled={ready.length === 0}
      aria-label={t('dataPlane.actionOn', { action: words, name })}
      title={first.restart.reason ? phrase(first.restart.reason) : undefined}
      onClick={() => actions.restart(ready)}
    >
      {words}
    </button>
  );
}
