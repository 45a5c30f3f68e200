import type { TFunction } from 'i18next';
import type { Phrase } from '../../../ipc/index.ts';
import type { GridColumn } from '../../../parts/grid/types.ts';
import { StateMark } from '../../../parts/StateMark.tsx';
import { toneOf } from '../../../parts/tone.ts';
import { VersionChange } from '../../../parts/VersionChange.tsx';
import styles from './columns.module.css';
import { RowAction } from './RowAction.tsx';
import { type DataPlaneNode, inMesh, markOfState, rowsOf, shared } from './tree.ts';

interface Parts {
  t: TFunction;
  phrase: (phrase: Phrase) => string;
  opened: ReadonlySet<string>;
  onOpen: (id: string) => void;
  withNamespace?: boolean;
  /** Characters of the longest name: names are never cut. */
  longest: number;
  widest: number;
}

/** Two versions and an arrow between them, in the letters of the grid. */
function changeWidth(letters: number): number {
  return Math.max(128, Math.ceil(44 + 7.3 * letters));
}

/** In steps, so that a row that arrives later seldom moves the columns. */
function nameWidth(longest: number): number {
  return Math.min(420, Math.max(150, Math.ceil((longest * 7.2 + 52) / 40) * 40 - 10));
}

export function dataPlaneColumns({
  t,
  phrase,
  opened,
  onOpen,
  withNamespace,
  longest,
  widest,
}: Parts): GridColumn<DataPlaneNode>[] {
  const now = (values: readonly string[]) =>
    values.length === 0 ? null : values.length === 1 ? values[0] : t('value.mixed');

  const change = (node: DataPlaneNode, of: 'proxy' | 'revision') => {
    const rows = inMesh(rowsOf(node));
    const before = shared(rows, (row) => now(of === 'proxy' ? row.proxyNow : row.revisionNow));
    const after = shared(rows, (row) => (of === 'proxy' ? row.proxyAfter : row.revisionAfter));
    return (
      <VersionChange
        now={rows.length > 1 && before === undefined ? t('value.mixed') : before}
        after={after}
        behind={of === 'proxy' && node.kind === 'workload' && node.row.behind > 0}
      />
    );
  };

  const columns: GridColumn<DataPlaneNode>[] = [
    {
      id: 'name',
      header: t('dataPlane.name'),
      width: nameWidth(longest),
      narrow: withNamespace ? Math.min(130, nameWidth(longest)) : nameWidth(longest),
      tree: !withNamespace,
      cell: (node) => <Name node={node} t={t} />,
    },
    {
      id: 'kind',
      header: t('dataPlane.kind'),
      width: 94,
      narrow: 88,
      cell: (node) => <span className={styles.quiet}>{kindOf(node, t)}</span>,
    },
    {
      id: 'pods',
      header: t('dataPlane.pods'),
      width: 58,
      narrow: 48,
      align: 'end',
      cell: (node) => {
        const rows = rowsOf(node);
        const sum = (pick: 'ready' | 'pods') => rows.reduce((total, row) => total + row[pick], 0);
        return t('value.ratio', { part: sum('ready'), whole: sum('pods') });
      },
    },
    {
      id: 'proxy',
      header: t('dataPlane.proxy'),
      width: changeWidth(widest),
      narrow: changeWidth(widest) - 6,
      cell: (node) => change(node, 'proxy'),
    },
    {
      id: 'revision',
      header: t('dataPlane.revision'),
      width: 138,
      narrow: 132,
      cell: (node) => change(node, 'revision'),
    },
    {
      id: 'state',
      header: t('dataPlane.state'),
      width: withNamespace ? 172 : 190,
      narrow: withNamespace ? 166 : 184,
      cell: (node) => <State node={node} t={t} phrase={phrase} />,
    },
    {
      id: 'why',
      header: t('dataPlane.why'),
      width: 84,
      narrow: withNamespace ? 44 : 60,
      grow: true,
      cell: (node) => <Why node={node} t={t} phrase={phrase} opened={opened} onOpen={onOpen} />,
    },
    {
      id: 'action',
      header: t('dataPlane.action'),
      width: 132,
      narrow: 118,
      cell: (node) => <RowAction node={node} />,
    },
  ];
  if (withNamespace) {
    columns.splice(1, 0, {
      id: 'namespace',
      header: t('dataPlane.namespace'),
      width: 92,
      narrow: 82,
      cell: (node) => (
        <span className={styles.quiet}>{node.kind === 'workload' ? node.row.namespace : ''}</span>
      ),
    });
  }
  return columns;
}

function kindOf(node: DataPlaneNode, t: TFunction): string {
  if (node.kind === 'namespace') return t('dataPlane.kindNamespace');
  if (node.kind === 'fold') return '';
  return node.row.gateway ? t('dataPlane.kindGateway') : node.row.kind;
}

function Name({ node, t }: { node: DataPlaneNode; t: TFunction }) {
  if (node.kind === 'workload') return <span className={styles.name}>{node.row.name}</span>;
  if (node.kind === 'fold') {
    return <span className={styles.quiet}>{t('finding.more', { count: node.rows.length })}</span>;
  }
  return (
    <span className={styles.name}>
      {node.name} <span className={styles.count}>{node.rows.length}</span>
    </span>
  );
}

interface CellProps {
  node: DataPlaneNode;
  t: TFunction;
  phrase: (phrase: Phrase) => string;
}

function State({ node, t, phrase }: CellProps) {
  if (node.kind === 'workload') {
    return <StateMark tone={toneOf[node.row.mark]}>{phrase(node.row.label)}</StateMark>;
  }
  if (node.kind === 'fold') {
    const [first] = node.rows;
    return first ? <StateMark tone={toneOf[first.row.mark]}>{phrase(first.row.label)}</StateMark> : null;
  }
  const [worst, next] = node.states;
  if (!worst) return null;
  const words = [worst, ...(next && worst[0] !== 'upToDate' && next[0] !== 'upToDate' ? [next] : [])]
    .slice(0, 1)
    .map(([state, count]) => t(`rowState.${state}`, { count }));
  return <StateMark tone={toneOf[markOfState[worst[0]]]}>{words.join(t('value.comma'))}</StateMark>;
}

function Why({ node, t, phrase, opened, onOpen }: CellProps & Pick<Parts, 'opened' | 'onOpen'>) {
  if (node.kind === 'namespace') {
    return (
      <span className={styles.why}>
        {node.label === null ? t('dataPlane.noLabel') : t('dataPlane.label', { label: node.label })}
      </span>
    );
  }
  const row = node.kind === 'fold' ? node.rows[0]?.row : node.row;
  if (!row) return null;
  const words = phrase(row.why);
  if (node.kind === 'fold') return <span className={styles.why}>{words}</span>;
  const open = opened.has(row.id);
  return (
    <button
      type="button"
      className={styles.whyButton}
      aria-expanded={open}
      aria-label={t('dataPlane.whyOf', { name: row.name, why: words })}
      title={words}
      onClick={() => onOpen(row.id)}
    >
      {words}
    </button>
  );
}
