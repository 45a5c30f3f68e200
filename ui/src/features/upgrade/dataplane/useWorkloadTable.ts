import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../../i18n/phrase.ts';
import type { DataPlaneRow } from '../../../ipc/index.ts';
import { usePlanDialog } from '../../plan/PlanProvider.tsx';
import { restartOf } from './actions.tsx';
import { dataPlaneColumns } from './columns.tsx';
import { longestName, widestChange } from './tree.ts';
import { useFilter } from './useFilter.ts';

const nothing: ReadonlySet<string> = new Set();

interface Options {
  /** The context whose workloads these are. */
  context: string;
  /** Whether a column names the namespace: where no group does. */
  withNamespace?: boolean;
}

/** What every table of workloads has: a filter, a selection, opened rows, columns, and the restart of some. */
export function useWorkloadTable(rows: readonly DataPlaneRow[], { context, withNamespace }: Options) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const ask = usePlanDialog();
  const { filter, setFilter, shown, active } = useFilter(rows);
  const [selected, setSelected] = useState(nothing);
  const [opened, setOpened] = useState(nothing);
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
        withNamespace,
        onOpen: (id) => setOpened((held) => flipped(held, id)),
      }),
    [t, phrase, opened, longest, widest, withNamespace],
  );
  const restart = (some: readonly DataPlaneRow[]) =>
    ask({ kind: 'operation', context, operation: restartOf(some) });
  return { filter, setFilter, shown, active, selected, setSelected, opened, chosen, columns, restart };
}

function flipped(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(set);
  if (!next.delete(id)) next.add(id);
  return next;
}
