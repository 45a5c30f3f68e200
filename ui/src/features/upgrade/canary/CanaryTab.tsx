import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import type { MeshView } from '../../../ipc/index.ts';
import type { MeshState } from '../../../live/mesh.ts';
import { Tabs } from '../../../parts/Tabs.tsx';
import { StepsBar } from '../StepsBar.tsx';
import type { Pane } from '../search.ts';
import { CanaryDataPlane } from './CanaryDataPlane.tsx';
import styles from './CanaryTab.module.css';
import { ControlPlane } from './ControlPlane.tsx';

const panelId = 'canary-pane';

export function CanaryTab({ mesh, view }: { mesh: MeshState; view: MeshView }) {
  const { t } = useTranslation();
  const navigate = useNavigate({ from: '/upgrade/$context' });
  const search = useSearch({ from: '/upgrade/$context' });
  const { canary } = view;
  const pane: Pane = search.pane ?? 'control-plane';
  const both = canary.canary !== null && canary.stable !== null;
  return (
    <>
      <StepsBar label={t('upgrade.canary')} steps={canary.steps} />
      <div className={styles.bar}>
        <Tabs
          boxed
          label={t('canary.panes')}
          tabs={[
            ['control-plane', t('canary.controlPlane')],
            ['data-plane', t('canary.dataPlane')],
          ]}
          active={pane}
          panelId={panelId}
          onChange={(next) => void navigate({ search: { ...search, pane: next }, replace: true })}
        />
        <span className={styles.note}>
          {both ? t('canary.bothRunning', { stable: canary.stable }) : t('canary.oneRunning')}
        </span>
        {pane === 'data-plane' && <span className={styles.where}>{t('canary.whereRevoke')}</span>}
      </div>
      <div
        id={panelId}
        role="tabpanel"
        className={styles.pane}
        aria-label={t(pane === 'data-plane' ? 'canary.dataPlane' : 'canary.controlPlane')}
      >
        {pane === 'data-plane' ? <CanaryDataPlane mesh={mesh} view={view} /> : <ControlPlane view={view} />}
      </div>
    </>
  );
}
