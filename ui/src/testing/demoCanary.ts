import type { DataPlaneRow, MeshView, StepName, StepState, StepView } from '../ipc/index.ts';
import { dataPlaneRow, meshView, namespaceView, no, phrase, yes } from './fixtures.ts';

const stable = meshView().revisions;

const step = (
  name: StepName,
  state: StepState,
  fact: StepView['fact'],
  mark: StepView['mark'] = 'idle',
): StepView => ({
  step: name,
  state,
  fact,
  mark,
});

const onCanary = {
  label: 'istio.io/rev=1-31',
  follows: '1-31',
  toCanary: no('reasonOnRevision', { revision: '1-31' }),
  toStable: yes,
};

export const canaryMesh: MeshView = meshView({
  revisions: [
    ...stable,
    {
      name: '1-31',
      version: '1.31.1',
      proxyVersion: '1.31.1',
      role: 'canary',
      health: phrase('revisionReady'),
      mark: 'ok',
      ready: 2,
      replicas: 2,
      connected: 39,
      pods: 39,
    },
  ],
  canary: {
    ...meshView().canary,
    steps: [
      step('deployCanary', 'done', phrase('factDeployed', { revision: '1-31', version: '1.31.1' })),
      step('moveNamespaces', 'current', phrase('factNamespacesMoved', { moved: '3', count: '5' }), 'busy'),
      step('promote', 'later', phrase('factBestAfterAll')),
      step('gateways', 'later', phrase('factGateways', { count: '2', pods: '5' })),
      step('unpublish', 'later', phrase('factEndsWayBack')),
    ],
    canary: '1-31',
    deploy: no('reasonCanaryDeployed', { revision: '1-31' }),
    promote: yes,
    revoke: yes,
    unpublish: no('reasonNotPromoted'),
    moveNamespaces: yes,
  },
  namespaces: [
    namespaceView({
      ...onCanary,
      name: 'shop-test',
      workloads: 5,
      mark: 'ok',
      state: phrase('namespaceOnCanary'),
      pods: [{ now: '1-31', after: '1-31', pods: 9 }],
    }),
    namespaceView({
      ...onCanary,
      name: 'catalog',
      workloads: 8,
      mark: 'ok',
      state: phrase('namespaceOnCanary'),
      pods: [{ now: '1-31', after: '1-31', pods: 21 }],
    }),
    namespaceView({
      ...onCanary,
      name: 'shop',
      mark: 'busy',
      state: phrase('namespaceToRestart', { count: '10' }),
      pods: [
        { now: '1-31', after: '1-31', pods: 9 },
        { now: '1-30', after: '1-31', pods: 34 },
        { now: null, after: null, pods: 5 },
      ],
    }),
    namespaceView({
      name: 'payments',
      label: 'istio.io/rev=stable',
      workloads: 9,
      pods: [{ now: '1-30', after: '1-30', pods: 27 }],
    }),
    namespaceView({ name: 'batch-jobs', workloads: 6, pods: [{ now: '1-30', after: '1-30', pods: 11 }] }),
    namespaceView({
      name: 'legacy',
      label: null,
      workloads: 4,
      mark: 'outside',
      state: phrase('namespaceNotInMesh'),
      follows: null,
      pods: [{ now: null, after: null, pods: 6 }],
      toCanary: no('reasonNoInjection'),
      toStable: no('reasonNoInjection'),
    }),
  ],
});

const workloads: readonly (readonly [string, string, number])[] = [
  ['cart', 'Deployment', 3],
  ['checkout', 'Deployment', 6],
  ['search', 'Deployment', 4],
  ['orders-db', 'StatefulSet', 3],
  ['redis-cart', 'StatefulSet', 3],
  ['sessions', 'StatefulSet', 3],
  ['frontend', 'Deployment', 8],
  ['wishlist', 'Deployment', 2],
  ['geo', 'Deployment', 1],
  ['mailer', 'Deployment', 1],
];

export const canaryRows: DataPlaneRow[] = workloads.map(([name, kind, pods]) =>
  dataPlaneRow({
    name,
    kind,
    pods,
    ready: pods,
    why: phrase('whyOlderThanLabel'),
  }),
);
