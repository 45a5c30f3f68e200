import { useDeferredValue, useMemo, useState } from 'react';
import { usePhrase } from '../../../i18n/phrase.ts';
import type { DataPlaneRow, RowState } from '../../../ipc/index.ts';

export interface Filter {
  text: string;
  state: RowState | null;
  namespace: string | null;
}

const everything: Filter = { text: '', state: null, namespace: null };

export function useFilter(rows: readonly DataPlaneRow[]) {
  const phrase = usePhrase();
  const [filter, setFilter] = useState(everything);
  const { text, state, namespace } = useDeferredValue(filter);
  const wanted = text.trim().toLowerCase();
  const shown = useMemo(
    () =>
      rows.filter(
        (row) =>
          (state === null || row.state === state) &&
          (namespace === null || row.namespace === namespace) &&
          (wanted === '' ||
            `${row.namespace}/${row.name} ${row.kind} ${phrase(row.why)} ${phrase(row.label)}`
              .toLowerCase()
              .includes(wanted)),
      ),
    [rows, wanted, state, namespace, phrase],
  );
  const active = wanted !== '' || state !== null || namespace !== null;
  return { filter, setFilter, shown, active };
}
