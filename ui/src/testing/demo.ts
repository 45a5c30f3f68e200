import { changed } from '../app/settingsChange.ts';
import { fakeDoor } from '../ipc/fake.ts';
import type { Door, Settings } from '../ipc/index.ts';
import { canaryMesh, canaryRows } from './demoCanary.ts';
import { demoContexts, demoScan } from './demoContexts.ts';
import { inPlaceMesh, inPlaceRows, manyRows } from './demoInPlace.ts';
import { demoRun, demoRuns } from './demoRun.ts';
import { phrase, planView, settings } from './fixtures.ts';
import { catalogueView, plannerChoices, routeList } from './planner.ts';

const key = 'meshlift.fake';

/** `?fake` makes the demo stay in this tab; the query goes, because the hash alone is the address. */
export function demoDoorOfThisTab(): Door | null {
  const { search, pathname, hash } = window.location;
  if (new URLSearchParams(search).has('fake')) {
    sessionStorage.setItem(key, search);
    window.history.replaceState(null, '', pathname + hash);
  }
  const kept = sessionStorage.getItem(key);
  return kept === null ? null : demoDoor(new URLSearchParams(kept));
}

/** The window with invented data, to look at it while it is built: `?fake&lang=zh-CN&theme=dark`. */
export function demoDoor(search: URLSearchParams): Door {
  let kept: Settings = settings({
    language: search.get('lang') ?? 'en-US',
    theme: search.get('theme') ?? 'light',
    istioctlPaths: ['/opt/istio-1.31.1/bin/istioctl'],
    kubeconfigFiles: ['/home/li/.kube/staging.yaml'],
    contexts: {
      'shop-prod': { tag: 'prod', protected: true, installValues: '/home/li/mesh/shop-prod.yaml', asm: null },
    },
  });
  const canary = search.has('canary');
  const runs = search.has('run') ? demoRuns : demoRuns.filter((run) => run.endedAt !== null);
  let readOnly = false;

  return fakeDoor(
    {
      app_info: () => ({
        version: '0.1.0',
        readOnlyForced: false,
        readOnly,
        dataFolder: '/home/li/.local/share/meshlift',
        catalogAsOf: '2026-11-23',
      }),
      settings_get: () => kept,
      settings_change: (change) => {
        kept = changed(kept, change);
        return kept;
      },
      read_only_set: ({ on }) => {
        readOnly = on;
        return { on };
      },
      istioctl_list: () => [
        { path: '/usr/local/bin/istioctl', version: '1.30.5', problem: null },
        { path: '/opt/istio-1.31.1/bin/istioctl', version: '1.31.1', problem: null },
        { path: '/home/li/bin/istioctl', version: null, problem: phrase('binaryAnother') },
      ],
      context_list: () => ({ contexts: demoContexts, problems: [], current: 'shop-prod' }),
      context_open: ({ context }) => {
        const row = demoContexts.find(({ name }) => name === context);
        if (!row)
          throw {
            code: 'contextUnknown',
            message: context,
            said: null,
            detail: [],
            hint: null,
            retryable: false,
          };
        return { ...row, open: true };
      },
      context_close: () => ({}),
      context_scan: ({ context }) => demoScan(context),
      target_choose: () => ({}),
      precheck_run: async () => {
        await new Promise((resolve) => setTimeout(resolve, 800));
        return inPlaceMesh.inPlace.findings ?? Promise.reject(new Error('no findings'));
      },
      plan_make: () => planView(),
      run_list: () => runs,
      run_report: () => ({ markdown: '# Run 27\n\nCanary Upgrade, moving namespaces', html: '', json: '{}' }),
      run_roll_back_plan: () => planView({ operation: 'rollBack' }),
      run_start: () => ({ runId: 'run-27' }),
      run_pause: () => ({}),
      run_resume: () => ({}),
      run_abort: () => ({}),
      planner_choices: () => plannerChoices,
      planner_routes: () => routeList,
      catalogue_get: () => catalogueView,
      watch_end: () => ({}),
    },
    {
      mesh_watch: ({ context }, { next }) => {
        next({ kind: 'view', view: { ...(canary ? canaryMesh : inPlaceMesh), context } });
        next({
          kind: 'connection',
          connection: {
            state: 'connected',
            readAt: new Date(Date.now() - 4000).toISOString(),
            problem: null,
          },
        });
        const many = Number(search.get('rows') ?? 0);
        const rows = many > 0 ? manyRows(many) : canary ? canaryRows : inPlaceRows;
        next({ kind: 'rows', upserts: rows, removes: [], complete: true });
        return undefined;
      },
      run_watch: (_, { next }) => {
        next(demoRun);
        return undefined;
      },
    },
  );
}
