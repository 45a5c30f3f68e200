import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../../i18n/phrase.ts';
import type { Availability, MeshView } from '../../../ipc/index.ts';
import type { MeshState } from '../../../live/mesh.ts';
import { CommandFoot } from '../../../parts/CommandFoot.tsx';
import { DataGrid } from '../../../parts/grid/DataGrid.tsx';
import { ReasonedButton } from '../../../parts/ReasonedButton.tsx';
import { usePlanDialog } from '../../plan/PlanProvider.tsx';
import { DataPlaneActions } from './actions.tsx';
import styles from './DataPlane.module.css';
import { FilterBar } from './FilterBar.tsx';
import { Chosen, RollingUpgrade } from './RollingUpgrade.tsx';
import { RowDetail } from './RowDetail.tsx';
import { commonReason } from './reasons.ts';
import { buildTree, childrenOf, type DataPlaneNode, rowsOf } from './tree.ts';
import { useWorkloadTable } from './useWorkloadTable.ts';

interface Props {
  mesh: MeshState;
  view: MeshView;
  /** *Rolling Upgrade*, as the tab allows it. */
  restart: Availability;
  /** *Upgrade Gateway* for all gateways; while it may not be pressed, their rows say why. */
  gateways: Availability;
}

const nothing: ReadonlySet<string> = new Set();
const idOf = (node: DataPlaneNode) => node.id;
const nameOf = (node: DataPlaneNode) =>
  node.kind === 'workload' ? node.row.name : node.kind === 'namespace' ? node.name : '';
const canSelect = (node: DataPlaneNode) => node.kind === 'workload' && node.row.restart.available;
const isGroup = (node: DataPlaneNode) => node.kind === 'namespace';

export function DataPlane({ mesh, view, restart, gateways }: Props) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const ask = usePlanDialog();
  const rows = useMemo(() => [...mesh.rows.values()], [mesh.rows]);
  const table = useWorkloadTable(rows, { context: view.context });
  const { shown, active, chosen } = table;
  const [closed, setClosed] = useState(nothing);

  const labels = useMemo(
    () => new Map(view.namespaces.map(({ name, label }) => [name, label])),
    [view.namespaces],
  );
  const tree = useMemo(() => buildTree(shown, { labels, folding: !active }), [shown, labels, active]);
  const expanded = useMemo(() => expansionOf(tree, closed), [tree, closed]);
  const reason = commonReason(rows);

  return (
    <DataPlaneActions value={{ restart: table.restart }}>
      <section className={styles.section} aria-label={t('dataPlane.title')}>
        <header className={styles.head}>
          <h2>{t('dataPlane.title')}</h2>
          <FilterBar rows={rows} filter={table.filter} onChange={table.setFilter} />
          <span className={styles.actions}>
            <Chosen chosen={chosen} />
            {gateways.available && (
              <ReasonedButton
                size="small"
                availability={gateways}
                onClick={() =>
                  ask({ kind: 'operation', context: view.context, operation: { kind: 'upgradeGateways' } })
                }
              >
                {t('dataPlane.upgradeGateway')}
              </ReasonedButton>
            )}
            <RollingUpgrade chosen={chosen} availability={restart} onClick={() => table.restart(chosen)} />
          </span>
        </header>
        <DataGrid
          label={t('dataPlane.title')}
          columns={table.columns}
          rows={tree}
          rowId={idOf}
          rowName={nameOf}
          childrenOf={childrenOf}
          isGroup={isGroup}
          canSelect={canSelect}
          selected={table.selected}
          onSelectedChange={table.setSelected}
          expanded={expanded}
          onExpandedChange={(next) => setClosed(closedOf(tree, next))}
          opened={table.opened}
          detail={detailOf}
          loading={!mesh.complete}
          empty={active ? t('dataPlane.noMatch') : t('dataPlane.noWorkload')}
        />
        <CommandFoot
          commands={chosen.map((row) => row.command)}
          placeholder={t('command.selectFirst')}
          note={reason && t('dataPlane.greyBecause', { why: phrase(reason.reason), count: reason.count })}
        />
      </section>
    </DataPlaneActions>
  );
}

function detailOf(node: DataPlaneNode) {
  return node.kind === 'workload' ? <RowDetail row={node.row} /> : null;
}

/** Namespaces stand open, folds stand shut, until the user says otherwise. */
function expansionOf(tree: readonly DataPlaneNode[], flippedIds: ReadonlySet<string>): ReadonlySet<string> {
  const expanded = new Set<string>();
  const visit = (node: DataPlaneNode) => {
    const open = node.kind === 'namespace';
    if (rowsOf(node).length > 0 && open !== flippedIds.has(node.id)) expanded.add(node.id);
    for (const child of childrenOf(node) ?? []) visit(child);
  };
  tree.forEach(visit);
  return expanded;
}

function closedOf(tree: readonly DataPlaneNode[], expanded: ReadonlySet<string>): ReadonlySet<string> {
  const flippedIds = new Set<string>();
  const visit = (node: DataPlaneNode) => {
    if (childrenOf(node) && (node.kind === 'namespace') !== expanded.has(node.id)) flippedIds.add(node.id);
    for (const child of childrenOf(node) ?? []) visit(child);
  };
  tree.forEach(visit);
  return flippedIds;
}
