import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { ContextRow } from '../../ipc/index.ts';
import { useMesh } from '../../live/useLive.ts';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { SkeletonRows } from '../../parts/Skeleton.tsx';
import { Tabs } from '../../parts/Tabs.tsx';
import { SimulatorProvider } from '../injection/SimulatorProvider.tsx';
import { CanaryTab } from './canary/CanaryTab.tsx';
import { InstanceHead } from './InstanceHead.tsx';
import { InPlaceTab } from './inplace/InPlaceTab.tsx';
import styles from './MeshPage.module.css';
import { Notices } from './Notices.tsx';

const panelId = 'upgrade-panel';

export function MeshPage({ row }: { row: ContextRow }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/upgrade/$context' });
  const search = useSearch({ from: '/upgrade/$context' });
  const mesh = useMesh(row.name);
  const { view, failure, connection } = mesh;
  const problem = failure ?? connection.problem;
  const tab = search.tab ?? (view?.canary.canary ? 'canary' : 'in-place');

  if (!view) return problem ? <ErrorLine error={problem} /> : <SkeletonRows rows={14} />;
  return (
    <SimulatorProvider view={view}>
      <InstanceHead view={view} tab={tab} />
      {problem && <ErrorLine error={problem} />}
      <Notices view={view} simulated={row.simulated} />
      <Tabs
        label={t('upgrade.methods')}
        tabs={[
          ['in-place', t('upgrade.inPlace')],
          ['canary', t('upgrade.canary')],
        ]}
        active={tab}
        panelId={panelId}
        onChange={(next) => void navigate({ search: { ...search, tab: next }, replace: true })}
      />
      <div
        id={panelId}
        role="tabpanel"
        className={styles.panel}
        aria-label={t(tab === 'canary' ? 'upgrade.canary' : 'upgrade.inPlace')}
      >
        {tab === 'canary' ? <CanaryTab mesh={mesh} view={view} /> : <InPlaceTab mesh={mesh} view={view} />}
      </div>
    </SimulatorProvider>
  );
}
