import { Link, useNavigate } from '@tanstack/react-router';
import { Button, Input } from 'antd';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { useCall } from '../../ipc/cache.ts';
import { toApiError } from '../../ipc/index.ts';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { DataGrid } from '../../parts/grid/DataGrid.tsx';
import { Icon } from '../../parts/Icon.tsx';
import { StateMark } from '../../parts/StateMark.tsx';
import { OpenSnapshot } from '../snapshot/OpenSnapshot.tsx';
import { meshColumns, notRead } from './columns.tsx';
import { type Groups, groupScans, groupsOf, type MeshNode, summaryOf } from './groups.ts';
import styles from './MeshesPage.module.css';
import { type Scan, useScans } from './useScans.ts';

const idOf = (node: MeshNode) => node.id;
const nameOf = (node: MeshNode) => (node.kind === 'group' ? node.group : node.scan.context.name);
const childrenOf = (node: MeshNode) => (node.kind === 'group' ? node.rows : undefined);
const isGroup = (node: MeshNode) => node.kind === 'group';

function matches({ context, summary }: Scan, wanted: string): boolean {
  return [context.name, context.tag, context.server, summary?.provider, ...(summary?.versions ?? [])]
    .join(' ')
    .toLowerCase()
    .includes(wanted);
}

export function MeshesPage() {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const { data, error, refetch, isPending } = useCall('context_list', {});
  const { data: runs } = useCall('run_list', {});
  const scans = useScans(data?.contexts ?? []);
  const wanted = text.trim().toLowerCase();
  // Contexts are read in any order; a row must not move away from under the pointer.
  const [held, setHeld] = useState<Groups>();
  const nodes = groupScans(
    scans.filter((scan) => matches(scan, wanted)),
    held,
  );
  const expanded = new Set(nodes.map(idOf).filter((id) => !closed.has(id)));
  const columns = useMemo(() => meshColumns({ t, phrase, runs: runs ?? [] }), [t, phrase, runs]);
  const readAgain = () => {
    for (const scan of scans) if (scan.summary || scan.error) scan.retry();
  };

  return (
    <>
      <header className={styles.head}>
        <h1>{t('nav.meshes')}</h1>
        <Totals scans={scans} />
        <span className={styles.right}>
          <Input
            className={styles.filter}
            allowClear
            prefix={<Icon name="search" size={14} />}
            size="small"
            aria-label={t('meshes.filter')}
            placeholder={t('meshes.filter')}
            value={text}
            onChange={(event) => setText(event.target.value)}
          />
          <OpenSnapshot
            size="small"
            onOpened={({ name }) => void navigate({ to: '/upgrade/$context', params: { context: name } })}
          />
          <Button size="small" icon={<Icon name="reload" size={14} />} onClick={readAgain}>
            {t('meshes.readAgain')}
          </Button>
        </span>
      </header>
      {error && <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />}
      {data?.problems.map(({ file, said }) => (
        <p key={`${file} ${said.code}`} className={styles.problem} role="alert">
          <StateMark tone="bad">{phrase(said)}</StateMark>
        </p>
      ))}
      <div
        className={styles.list}
        onPointerEnter={() => setHeld(groupsOf(scans))}
        onPointerLeave={() => setHeld(undefined)}
      >
        <DataGrid
          label={t('nav.meshes')}
          columns={columns}
          rows={nodes}
          rowId={idOf}
          rowName={nameOf}
          childrenOf={childrenOf}
          isGroup={isGroup}
          rowHeight={36}
          span={(node) => notRead(node, t, phrase)}
          expanded={expanded}
          onExpandedChange={(next) => setClosed(new Set(nodes.map(idOf).filter((id) => !next.has(id))))}
          loading={isPending}
          empty={t(wanted ? 'meshes.noMatch' : 'meshes.empty')}
        />
      </div>
      <footer className={styles.foot}>
        <span>{t('meshes.note')}</span>
        <Link to="/settings">{t('meshes.addKubeconfig')}</Link>
      </footer>
    </>
  );
}

function Totals({ scans }: { scans: readonly Scan[] }) {
  const { t } = useTranslation();
  const read = scans.flatMap((scan) => summaryOf(scan) ?? []);
  const over = read.filter(({ supportDays }) => supportDays !== null && supportDays < 0).length;
  const soon = read.filter(
    ({ supportDays }) => supportDays !== null && supportDays >= 0 && supportDays <= 30,
  ).length;
  const sum = (pick: 'behind' | 'proxies') => read.reduce((total, row) => total + row[pick], 0);
  return (
    <p className={styles.totals}>
      <span>{t('meshes.contexts', { count: scans.length })}</span>
      {over > 0 && <StateMark tone="bad">{t('meshes.over', { count: over })}</StateMark>}
      {soon > 0 && <StateMark tone="warn">{t('meshes.soon', { count: soon })}</StateMark>}
      {read.length > 0 && <span>{t('meshes.behind', { behind: sum('behind'), count: sum('proxies') })}</span>}
    </p>
  );
}
