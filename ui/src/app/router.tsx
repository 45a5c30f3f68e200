import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  type RouterHistory,
} from '@tanstack/react-router';
import { MeshesPage } from '../features/meshes/MeshesPage.tsx';
import { plannerSearch } from '../features/planner/search.ts';
import { RunPage } from '../features/run/RunPage.tsx';
import { upgradeSearch } from '../features/upgrade/search.ts';
import { UpgradePage } from '../features/upgrade/UpgradePage.tsx';
import { Frame } from './frame/Frame.tsx';
import { Start, UpgradeStart } from './Start.tsx';

const root = createRootRoute({ component: Frame });

const routes = root.addChildren([
  createRoute({ getParentRoute: () => root, path: '/', component: Start }),
  createRoute({ getParentRoute: () => root, path: '/meshes', component: MeshesPage }),
  createRoute({ getParentRoute: () => root, path: '/upgrade', component: UpgradeStart }),
  createRoute({
    getParentRoute: () => root,
    path: '/upgrade/$context',
    validateSearch: upgradeSearch,
    component: UpgradePage,
  }),
  createRoute({ getParentRoute: () => root, path: '/runs/$runId', component: RunPage }),
  createRoute({
    getParentRoute: () => root,
    path: '/planner',
    validateSearch: plannerSearch,
    component: lazyRouteComponent(() => import('../features/planner/PlannerPage.tsx'), 'PlannerPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/history',
    component: lazyRouteComponent(() => import('../features/history/HistoryPage.tsx'), 'HistoryPage'),
  }),
  createRoute({
    getParentRoute: () => root,
    path: '/settings',
    component: lazyRouteComponent(() => import('../features/settings/SettingsPage.tsx'), 'SettingsPage'),
  }),
]);

export function createAppRouter(history: RouterHistory = createHashHistory()) {
  return createRouter({ routeTree: routes, history, defaultPendingMs: 0 });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>;
  }
}
