import { type CSSProperties, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { DataPlaneRow, MeshView, RowState } from '../../../ipc/index.ts';
import type { MeshState } from '../../../live/mesh.ts';
import { CommandFoot } from '../../../parts/CommandFoot.tsx';
import { DataGrid } from '../../../parts/grid/DataGrid.tsx';
import { DataPlaneActions } from '../dataplane/actions.tsx';
import styles from '../dataplane/DataPlane.module.css';
import { FilterBar } from '../dataplane/FilterBar.tsx';
import { Chosen, RollingUpgrade } from '../dataplane/RollingUpgrade.tsx';
import { RowDetail } from '../dataplane/RowDetail.tsx';
import { compareRows, type DataPlaneNode, type WorkloadNode } from '../dataplane/tree.ts';
import { useWorkloadTable } from '../dataplane/useWorkloadTable.ts';
import own from './ToBeUpgraded.module.css';

const waiting = new Set<RowState>([
  'behind',
  'needsRestart',
  'missingSidecar',
  'wouldLoseSidecar',
  'cannotRestart',
  'rolling',
]);
const idOf = (node: DataPlaneNode) => node.id;
const nameOf = (node: DataPlaneNode) => (node.kind === 'workload' ? node.row.name : '');
const canSelect = (node: DataPlaneNode) => node.kind === 'workload' && node.row.restart.available;
const available = { available: true, reason: null };

/** Whose pods would change their proxy or revision at a restart. */
function isWaiting(row: DataPlaneRow): boolean {
  return waiting.has(row.state);
}

export function ToBeUpgraded({ mesh, view }: { mesh: MeshState; view: MeshView }) {
  const { t } = useTranslation();
  const rows = useMemo(() => [...mesh.rows.values()].filter(isWaiting).sort(compareRows), [mesh.rows]);
  const table = useWorkloadTable(rows, { context: view.context, withNamespace: true });
  const { shown, chosen, restart } = table;
  const nodes = useMemo(
    () => shown.map((row): WorkloadNode => ({ kind: 'workload', id: row.id, row })),
    [shown],
  );
  const refused = rows.find((row) => !row.restart.available)?.restart;

  return (
    <DataPlaneActions value={{ restart }}>
      <section className={own.section} style={heightOf(rows.length)} aria-label={t('canary.toBeUpgraded')}>
        <header className={styles.head}>
          <h2>{t('canary.toBeUpgraded')}</h2>
          <span className={styles.quiet}>{t('upgrade.workloads', { count: rows.length })}</span>
          <FilterBar rows={rows} filter={table.filter} onChange={table.setFilter} textOnly />
          <span className={styles.actions}>
            <Chosen chosen={chosen} />
            <RollingUpgrade
              primary
              chosen={chosen}
              availability={rows.some((row) => row.restart.available) ? available : (refused ?? available)}
              onClick={() => restart(chosen)}
            />
          </span>
        </header>
        <DataGrid<DataPlaneNode>
          label={t('canary.toBeUpgraded')}
          columns={table.columns}
          rows={nodes}
          rowId={idOf}
          rowName={nameOf}
          canSelect={canSelect}
          selected={table.selected}
          onSelectedChange={table.setSelected}
          opened={table.opened}
          detail={detailOf}
          loading={!mesh.complete}
          empty={table.active ? t('dataPlane.noMatch') : t('canary.noneToUpgrade')}
        />
        <CommandFoot
          commands={chosen.map((row) => row.command)}
          placeholder={t('command.selectFirst')}
          note={t('dataPlane.shownOf', { shown: shown.length, count: rows.length })}
        />
      </section>
    </DataPlaneActions>
  );
}

function detailOf(node: DataPlaneNode) {
  return node.kind === 'workload' ? <RowDetail row={node.row} /> : null;
}

/** At least as high as a line of text. */
function heightOf(rows: number) {
  return { '--rows': Math.max(rows, 2) } as CSSProperties;
}
