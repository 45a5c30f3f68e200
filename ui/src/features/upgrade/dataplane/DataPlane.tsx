import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../../i18n/phrase.ts';
import type { Availability, MeshView } from '../../../ipc/index.ts';
import type { MeshState } from '../../../live/mesh.ts';
import { CommandFoot } from '../../../parts/CommandFoot.tsx';
import { DataGrid } from '../../../parts/grid/DataGrid.tsx';
import { ReasonedButton } from '../../../parts/ReasonedButton.tsx';
import { usePlanDialog } from '../../plan/PlanProvider.tsx';
import { DataPlaneActions, restartOf } from './actions.tsx';
import { dataPlaneColumns } from './columns.tsx';
import styles from './DataPlane.module.css';
import { FilterBar } from './FilterBar.tsx';
import { RowDetail } from './RowDetail.tsx';
import { commonReason } from './reasons.ts';
import { buildTree, childrenOf, type DataPlaneNode, longestName, rowsOf, widestChange } from './tree.ts';
import { useFilter } from './useFilter.ts';

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
  const { filter, setFilter, shown, active } = useFilter(rows);
  const [selected, setSelected] = useState(nothing);
  const [opened, setOpened] = useState(nothing);
  const [closed, setClosed] = useState(nothing);

  const labels = useMemo(
    () => new Map(view.namespaces.map(({ name, label }) => [name, label])),
    [view.namespaces],
  );
  const tree = useMemo(() => buildTree(shown, { labels, folding: !active }), [shown, labels, active]);
  const expanded = useMemo(() => expansionOf(tree, closed), [tree, closed]);
  const chosen = useMemo(
    () => rows.filter((row) => selected.has(row.id) && row.restart.available),
    [rows, selected],
  );
  const longest = useMemo(() => longestName(rows), [rows]);
  const widest = useMemo(() => widestChange(rows), [rows]);
  const columns = useMemo(
    () =>
      dataPlaneColumns({
        t,
        phrase,
        opened,
        longest,
        widest,
        onOpen: (id) => setOpened((held) => flipped(held, id)),
      }),
    [t, phrase, opened, longest, widest],
  );
  const pods = chosen.reduce((sum, row) => sum + row.pods, 0);
  const operate = (restarted: typeof chosen) =>
    ask({ kind: 'operation', context: view.context, operation: restartOf(restarted) });
  const reason = commonReason(rows);

  return (
    <DataPlaneActions value={{ restart: (ready) => operate([...ready]) }}>
      <section className={styles.section} aria-label={t('dataPlane.title')}>
        <header className={styles.head}>
          <h2>{t('dataPlane.title')}</h2>
          <FilterBar rows={rows} filter={filter} onChange={setFilter} />
          <span className={styles.actions}>
            {chosen.length > 0 && (
              <span className={styles.chosen}>{t('dataPlane.chosen', { count: chosen.length, pods })}</span>
            )}
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
            <ReasonedButton
              size="small"
              availability={restart}
              waitsFor={chosen.length === 0 ? t('dataPlane.selectFirst') : undefined}
              onClick={() => operate(chosen)}
            >
              {chosen.length > 0
                ? t('dataPlane.rollingUpgradeOf', { count: chosen.length })
                : t('dataPlane.rollingUpgrade')}
            </ReasonedButton>
          </span>
        </header>
        <DataGrid
          label={t('dataPlane.title')}
          columns={columns}
          rows={tree}
          rowId={idOf}
          rowName={nameOf}
          childrenOf={childrenOf}
          isGroup={isGroup}
          canSelect={canSelect}
          selected={selected}
          onSelectedChange={setSelected}
          expanded={expanded}
          onExpandedChange={(next) => setClosed(closedOf(tree, next))}
          opened={opened}
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

function flipped(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
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
