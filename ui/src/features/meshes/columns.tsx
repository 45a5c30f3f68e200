import type { TFunction } from 'i18next';
import type { ReactNode } from 'react';
import { errorIn } from '../../i18n/phrase.ts';
import type { Phrase, RunSummary } from '../../ipc/index.ts';
import { Ago } from '../../parts/Ago.tsx';
import { ContextStrip, ContextTag } from '../../parts/ContextTag.tsx';
import type { GridColumn, GridSpan } from '../../parts/grid/types.ts';
import { SkeletonBar } from '../../parts/Skeleton.tsx';
import { StateMark } from '../../parts/StateMark.tsx';
import { toneOf } from '../../parts/tone.ts';
import { VersionChange } from '../../parts/VersionChange.tsx';
import styles from './columns.module.css';
import { type MeshNode, summaryOf } from './groups.ts';
import { MeshAction } from './MeshAction.tsx';
import { Meter } from './Meter.tsx';
import { mayScan, type Scan } from './useScans.ts';

interface Parts {
  t: TFunction;
  phrase: (phrase: Phrase) => string;
  runs: readonly RunSummary[];
}

const yearOfSupport = 240;

export function meshColumns({ t, phrase, runs }: Parts): GridColumn<MeshNode>[] {
  const onScan = (render: (scan: Scan) => ReactNode) => (node: MeshNode) =>
    node.kind === 'group' ? null : render(node.scan);
  const onSummary = (width: number, render: (summary: NonNullable<Scan['summary']>) => ReactNode) =>
    onScan((scan) => {
      const summary = summaryOf(scan);
      if (summary) return render(summary);
      return scan.reading ? <SkeletonBar width={width} /> : null;
    });

  return [
    {
      id: 'context',
      header: t('meshes.context'),
      width: 208,
      narrow: 168,
      tree: true,
      cell: (node) =>
        node.kind === 'group' ? (
          <span>
            {t(`meshes.group.${node.group}`)} <span className={styles.count}>{node.rows.length}</span>
          </span>
        ) : (
          <span className={styles.context}>
            <ContextStrip tag={node.scan.context.tag} />
            <b>{node.scan.context.name}</b>
            {node.scan.context.tag && <ContextTag tag={node.scan.context.tag} />}
          </span>
        ),
    },
    {
      id: 'provider',
      header: t('meshes.provider'),
      width: 138,
      narrow: 126,
      cell: onSummary(70, ({ provider }) => (
        <span className={styles.quiet}>{t(`provider.${provider ?? 'unknown'}`)}</span>
      )),
    },
    {
      id: 'version',
      header: t('meshes.version'),
      width: 176,
      narrow: 156,
      cell: onSummary(110, ({ versions, next }) => (
        <VersionChange
          now={versions.length > 1 ? versions.join(t('value.comma')) : versions[0]}
          after={next ?? undefined}
        />
      )),
    },
    {
      id: 'support',
      header: t('meshes.support'),
      width: 164,
      narrow: 92,
      cell: onSummary(120, ({ supportDays }) => <Support days={supportDays} t={t} />),
    },
    {
      id: 'behind',
      header: t('meshes.proxiesBehind'),
      width: 160,
      narrow: 112,
      cell: onSummary(100, ({ behind, proxies }) => (
        <Meter tone="warn" part={behind} whole={proxies}>
          <b>{behind}</b> {t('meshes.ofProxies', { count: proxies })}
        </Meter>
      )),
    },
    {
      id: 'state',
      header: t('meshes.state'),
      width: 150,
      narrow: 146,
      grow: true,
      cell: onScan((scan) => {
        const summary = summaryOf(scan);
        if (summary) return <StateMark tone={toneOf[summary.mark]}>{phrase(summary.state)}</StateMark>;
        return scan.reading ? <span className={styles.quiet}>{t('meshes.reading')}</span> : null;
      }),
    },
    {
      id: 'read',
      header: t('meshes.read'),
      width: 86,
      narrow: 80,
      align: 'end',
      cell: onScan(({ readAt }) =>
        readAt === undefined ? (
          <span className={styles.quiet}>{t('value.dash')}</span>
        ) : (
          <span className={styles.quiet}>
            <Ago at={new Date(readAt).toISOString()} />
          </span>
        ),
      ),
    },
    {
      id: 'action',
      header: t('meshes.action'),
      width: 100,
      narrow: 76,
      cell: onScan((scan) => <MeshAction scan={scan} runs={runs} />),
    },
  ];
}

function Support({ days, t }: { days: number | null; t: TFunction }) {
  if (days === null) return <span className={styles.quiet}>{t('support.notApplicable')}</span>;
  const tone = days < 0 ? 'bad' : days <= 30 ? 'warn' : 'ok';
  return (
    <Meter tone={tone} part={Math.max(0, days)} whole={yearOfSupport}>
      <span data-tone={tone} className={styles.days}>
        {days < 0 ? t('support.over', { count: -days }) : t('support.days', { count: days })}
      </span>
    </Meter>
  );
}

/** A context that has no figures has one sentence in their place. */
export function notRead(
  node: MeshNode,
  t: TFunction,
  phrase: (phrase: Phrase) => string,
): GridSpan | undefined {
  if (node.kind === 'group') return { column: 'provider', span: 7, content: null };
  const { scan } = node;
  if (summaryOf(scan)) return undefined;
  const { context, error, summary } = scan;
  const sentence = (tone: 'bad' | 'none', words: string): GridSpan => ({
    column: 'provider',
    span: 5,
    content: (
      <span title={words} className={styles.sentence}>
        <StateMark tone={tone}>{words}</StateMark>
      </span>
    ),
  });
  if (context.problem !== null) return sentence('bad', phrase(context.problem));
  if (error) return sentence('bad', errorIn(t, error));
  if (summary) return sentence('none', phrase(summary.state));
  if (!mayScan(context)) return sentence('none', t('meshes.executes', { command: context.executes ?? '' }));
  return undefined;
}
