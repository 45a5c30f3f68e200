import type { TFunction } from 'i18next';
import type { MeshView, MoveTarget, NamespaceView, Phrase } from '../../../ipc/index.ts';
import type { GridColumn } from '../../../parts/grid/types.ts';
import { PodSquares } from '../../../parts/PodSquares.tsx';
import { StateMark } from '../../../parts/StateMark.tsx';
import { toneOf } from '../../../parts/tone.ts';
import styles from './Namespaces.module.css';
import { type Place, placeOf, podsNow, squaresOf } from './places.ts';

interface Parts {
  t: TFunction;
  phrase: (phrase: Phrase) => string;
  view: MeshView;
  move: (namespaces: readonly string[], to: MoveTarget) => void;
}

export function namespaceColumns({ t, phrase, view, move }: Parts): GridColumn<NamespaceView>[] {
  const { namespaces, canary: tab } = view;
  const { canary, stable } = tab;

  const squares = (
    place: Place,
    width: number,
    narrow: number,
    title: string,
    revision: string | null,
  ): GridColumn<NamespaceView> => ({
    id: place,
    width,
    narrow,
    grow: place !== 'outside',
    rule: true,
    header: (
      <span className={styles.column}>
        <span>
          {title} {revision && <code>{revision}</code>}
        </span>
        <span className={styles.count}>
          {t('namespace.pods', { count: podsNow(namespaces, place, canary) })}
        </span>
      </span>
    ),
    cell: ({ pods }, compact) => {
      const runs = squaresOf(pods, place, canary);
      if (runs.length === 0) return null;
      const label = runs
        .map(({ mark, count }) => t(`namespace.squares.${mark as 'stays'}`, { count }))
        .join(', ');
      return <PodSquares runs={runs} label={label} limit={compact ? 26 : place === 'outside' ? 26 : 60} />;
    },
  });

  return [
    {
      id: 'name',
      header: t('namespace.name'),
      width: 140,
      narrow: 112,
      cell: ({ name, workloads }) => (
        <>
          <b className={styles.strong}>{name}</b> <span className={styles.count}>{workloads}</span>
        </>
      ),
    },
    {
      id: 'label',
      header: t('namespace.label'),
      width: 196,
      narrow: 184,
      cell: ({ label }) =>
        label === null ? (
          <span className={styles.none}>{t('value.none')}</span>
        ) : (
          <code className={styles.label}>{label}</code>
        ),
    },
    {
      id: 'state',
      header: t('namespace.state'),
      width: 150,
      narrow: 142,
      cell: ({ mark, state }) => (
        <span className={styles.state}>
          <StateMark tone={toneOf[mark]}>{phrase(state)}</StateMark>
        </span>
      ),
    },
    {
      id: 'moved',
      header: t('namespace.moved'),
      width: 78,
      narrow: 66,
      align: 'end',
      cell: ({ pods }) => {
        const inMesh = pods.filter(({ now, after }) => now !== null || after !== null);
        const whole = inMesh.reduce((sum, some) => sum + some.pods, 0);
        const part = inMesh
          .filter(({ now }) => canary !== null && placeOf(now, canary) === 'canary')
          .reduce((sum, some) => sum + some.pods, 0);
        return whole === 0 ? t('value.dash') : t('value.ratio', { part, whole });
      },
    },
    squares('stable', 130, 104, t('revision.role.stable'), stable),
    squares('canary', 130, 104, t('revision.role.canary'), canary),
    squares('outside', 132, 88, t('namespace.noSidecar'), null),
    {
      id: 'action',
      header: t('namespace.action'),
      width: 128,
      narrow: 112,
      cell: (namespace) => <Move namespace={namespace} t={t} phrase={phrase} move={move} />,
    },
  ];
}

function Move({
  namespace,
  t,
  phrase,
  move,
}: { namespace: NamespaceView } & Pick<Parts, 't' | 'phrase' | 'move'>) {
  const { name, toCanary, toStable } = namespace;
  if (!isInjected(namespace)) return null;
  const to: MoveTarget = !toCanary.available && toStable.available ? 'stable' : 'canary';
  const words = t(to === 'canary' ? 'namespace.toCanary' : 'namespace.toStable');
  const command = to === 'canary' ? namespace.commandToCanary : namespace.commandToStable;
  const stuck = !toCanary.available && !toStable.available;
  const reason = toCanary.reason ? phrase(toCanary.reason) : undefined;
  return (
    <button
      type="button"
      className={styles.action}
      disabled={stuck}
      aria-label={t('dataPlane.actionOn', { action: words, name })}
      title={stuck ? reason : (command ?? undefined)}
      onClick={() => move([name], to)}
    >
      {words}
    </button>
  );
}

/** A namespace outside the mesh has nothing to move, as its state says. */
function isInjected({ follows, label }: NamespaceView): boolean {
  return follows !== null || label !== null;
}
