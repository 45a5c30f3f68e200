import { Checkbox } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../../i18n/phrase.ts';
import type { MeshView, MoveTarget, NamespaceView } from '../../../ipc/index.ts';
import { DataGrid } from '../../../parts/grid/DataGrid.tsx';
import { PodLegend } from '../../../parts/PodSquares.tsx';
import { ReasonedButton } from '../../../parts/ReasonedButton.tsx';
import { usePlanDialog } from '../../plan/PlanProvider.tsx';
import { sharedReason } from '../dataplane/reasons.ts';
import styles from './Namespaces.module.css';
import { namespaceColumns } from './namespaceColumns.tsx';

const nothing: ReadonlySet<string> = new Set();
const nameOf = (namespace: NamespaceView) => namespace.name;
const canSelect = (namespace: NamespaceView) => namespace.toCanary.available || namespace.toStable.available;

/** One row per namespace, one square per pod under the revision that it follows. */
export function Namespaces({ view }: { view: MeshView }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const ask = usePlanDialog();
  const [selected, setSelected] = useState(nothing);
  const [restart, setRestart] = useState(false);
  const { namespaces, context, canary } = view;
  const chosen = namespaces.filter(({ name }) => selected.has(name));
  const toCanary = chosen.filter((namespace) => namespace.toCanary.available);
  const toStable = chosen.filter((namespace) => namespace.toStable.available);

  const stuck = namespaces.filter(
    (namespace) => !canSelect(namespace) && (namespace.follows !== null || namespace.label !== null),
  );
  const waitsFor = chosen.length === 0 ? t('namespace.selectFirst') : t('namespace.noneToCanary');
  const grey = sharedReason(stuck.map((namespace) => namespace.toCanary));

  const columns = useMemo(() => {
    const move = (names: readonly string[], to: MoveTarget) =>
      ask({
        kind: 'operation',
        context,
        operation: { kind: 'moveNamespaces', namespaces: [...names], to, restart },
      });
    return namespaceColumns({ t, phrase, view, move });
  }, [t, phrase, view, ask, context, restart]);

  const moveChosen = (some: readonly NamespaceView[], to: MoveTarget) =>
    ask({
      kind: 'operation',
      context,
      operation: { kind: 'moveNamespaces', namespaces: some.map(nameOf), to, restart },
    });

  return (
    <section className={styles.section} aria-label={t('namespace.title')}>
      <header className={styles.head}>
        <h2>{t('namespace.title')}</h2>
        <span className={styles.note}>{t('namespace.note')}</span>
        <PodLegend
          entries={[
            ['stays', t('namespace.legend.stays')],
            ['restarts', t('namespace.legend.restarts')],
            ['lands', t('namespace.legend.lands')],
            ['moved', t('namespace.legend.moved')],
          ]}
        />
      </header>
      <div className={styles.grid} style={{ height: 42 + Math.max(1, namespaces.length) * 32 }}>
        <DataGrid
          label={t('namespace.title')}
          columns={columns}
          rows={namespaces}
          rowId={nameOf}
          rowName={nameOf}
          headHeight={40}
          selected={selected}
          onSelectedChange={setSelected}
          canSelect={canSelect}
          empty={t('namespace.none')}
        />
      </div>
      <footer className={styles.foot}>
        <Checkbox checked={restart} onChange={(event) => setRestart(event.target.checked)}>
          {t('namespace.alsoRestart')}
        </Checkbox>
        {grey && (
          <span className={styles.note}>
            {t('dataPlane.greyBecause', { why: phrase(grey.reason), count: grey.count })}
          </span>
        )}
        <span className={styles.moves}>
          <ReasonedButton
            size="small"
            availability={canary.moveNamespaces}
            waitsFor={toCanary.length === 0 ? waitsFor : undefined}
            onClick={() => moveChosen(toCanary, 'canary')}
          >
            {t('namespace.toCanaryOf', { count: toCanary.length })}
          </ReasonedButton>
          {toStable.length > 0 && (
            <ReasonedButton
              size="small"
              availability={canary.moveNamespaces}
              onClick={() => moveChosen(toStable, 'stable')}
            >
              {t('namespace.toStableOf', { count: toStable.length })}
            </ReasonedButton>
          )}
        </span>
      </footer>
    </section>
  );
}
