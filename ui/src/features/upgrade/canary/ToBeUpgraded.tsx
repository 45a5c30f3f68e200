import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../../i18n/phrase.ts';
import type { DataPlaneRow, MeshView, RowState } from '../../../ipc/index.ts';
import type { MeshState } from '../../../live/mesh.ts';
import { CommandFoot } from '../../../parts/CommandFoot.tsx';
import { DataGrid } from '../../../parts/grid/DataGrid.tsx';
import { ReasonedButton } from '../../../parts/ReasonedButton.tsx';
import { usePlanDialog } from '../../plan/PlanProvider.tsx';
import { DataPlaneActions, restartOf } from '../dataplane/actions.tsx';
import { dataPlaneColumns } from '../dataplane/columns.tsx';
import styles from '../dataplane/DataPlane.module.css';
import { FilterBar } from '../dataplane/FilterBar.tsx';
import { RowDetail } from '../dataplane/RowDetail.tsx';
import {
  compareRows,
  type DataPlaneNode,
  longestName,
  type WorkloadNode,
  widestChange,
} from '../dataplane/tree.ts';
import { useFilter } from '../dataplane/useFilter.ts';

const nothing: ReadonlySet<string> = new Set();
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
  const phrase = usePhrase();
  const ask = usePlanDialog();
  const rows = useMemo(() => [...mesh.rows.values()].filter(isWaiting).sort(compareRows), [mesh.rows]);
  const { filter, setFilter, shown, active } = useFilter(rows);
  const [selected, setSelected] = useState(nothing);
  const [opened, setOpened] = useState(nothing);
  const nodes = useMemo(
    () => shown.map((row): WorkloadNode => ({ kind: 'workload', id: row.id, row })),
    [shown],
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
        withNamespace: true,
        onOpen: (id) =>
          setOpened((held) => {
            const next = new Set(held);
            if (!next.delete(id)) next.add(id);
            return next;
          }),
      }),
    [t, phrase, opened, longest, widest],
  );
  const chosen = useMemo(
    () => rows.filter((row) => selected.has(row.id) && row.restart.available),
    [rows, selected],
  );
  const pods = chosen.reduce((sum, row) => sum + row.pods, 0);
  const operate = (some: readonly DataPlaneRow[]) =>
    ask({ kind: 'operation', context: view.context, operation: restartOf(some) });
  const refused = rows.find((row) => !row.restart.available)?.restart;

  return (
    <DataPlaneActions value={{ restart: operate }}>
      <section className={styles.section} aria-label={t('canary.toBeUpgraded')}>
        <header className={styles.head}>
          <h2>{t('canary.toBeUpgraded')}</h2>
          <span className={styles.quiet}>{t('upgrade.workloads', { count: rows.length })}</span>
          <FilterBar rows={rows} filter={filter} onChange={setFilter} textOnly />
          <span className={styles.actions}>
            {chosen.length > 0 && (
              <span className={styles.chosen}>{t('dataPlane.chosen', { count: chosen.length, pods })}</span>
            )}
            <ReasonedButton
              type="primary"
              size="small"
              availability={rows.some((row) => row.restart.available) ? available : (refused ?? available)}
              waitsFor={chosen.length === 0 ? t('dataPlane.selectFirst') : undefined}
              onClick={() => operate(chosen)}
            >
              {chosen.length > 0
                ? t('dataPlane.rollingUpgradeOf', { count: chosen.length })
                : t('dataPlane.rollingUpgrade')}
            </ReasonedButton>
          </span>
        </header>
        <DataGrid<DataPlaneNode>
          label={t('canary.toBeUpgraded')}
          columns={columns}
          rows={nodes}
          rowId={idOf}
          rowName={nameOf}
          canSelect={canSelect}
          selected={selected}
          onSelectedChange={setSelected}
          opened={opened}
          detail={detailOf}
          loading={!mesh.complete}
          empty={active ? t('dataPlane.noMatch') : t('canary.noneToUpgrade')}
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
