import { Outlet, useParams } from '@tanstack/react-router';
import { PlanProvider } from '../../features/plan/PlanProvider.tsx';
import { useCall } from '../../ipc/cache.ts';
import styles from './Frame.module.css';
import { Navigation } from './Navigation.tsx';
import { RunBar } from './RunBar.tsx';
import { TopBar } from './TopBar.tsx';

const unfinished = new Set(['running', 'pausing', 'paused', 'waiting', 'asking', 'interrupted']);

export function Frame() {
  const { data: runs } = useCall('run_list', {});
  const { runId } = useParams({ strict: false });
  const active = runs?.find((run) => unfinished.has(run.state));
  return (
    <PlanProvider>
      <div className={styles.frame}>
        <Navigation />
        <TopBar />
        <main className={styles.page}>
          <Outlet />
        </main>
        {active && active.id !== runId && <RunBar runId={active.id} />}
      </div>
    </PlanProvider>
  );
}
