import type { DataPlaneRow, MeshView } from '../ipc/index.ts';
import { dataPlaneRow, finding, meshView, namespaceView, no, phrase, precheck } from './fixtures.ts';

const later = {
  restart: no('reasonControlPlaneFirst'),
  why: phrase('whyNamespaceLabel', { label: 'istio-injection=enabled' }),
};
const upToStep = { ...later, state: 'needsRestart' as const, revisionAfter: '1-31', proxyAfter: '1.31.1' };
const behind = { state: 'behind' as const, proxyNow: ['1.29.8'], why: phrase('whyOlderThanControlPlane') };
const gateway = {
  ...later,
  namespace: 'istio-ingress',
  gateway: true,
  why: phrase('whyInstalledGateway'),
};

const shop = [
  'frontend',
  'search',
  'reviews',
  'promos',
  'wishlist',
  'geo',
  'mailer',
  'orders',
  'stock',
  'labels',
];
const payments = ['gateway-api', 'fraud', 'ledger-reader', 'payout', 'refund', 'invoice', 'tax', 'cards'];
const lost = {
  namespace: 'batch-jobs',
  state: 'wouldLoseSidecar' as const,
  proxyAfter: null,
  revisionAfter: null,
  restart: no('reasonCannotRestart', { why: 'it would lose its sidecar' }),
  why: phrase('whyNoWebhook', { label: 'istio.io/rev=1-28' }),
};

export const inPlaceRows: DataPlaneRow[] = [
  dataPlaneRow({ ...gateway, name: 'ingressgateway', pods: 3, ready: 3 }),
  dataPlaneRow({ ...gateway, name: 'egressgateway', pods: 2, ready: 2 }),
  dataPlaneRow({ ...behind, name: 'cart' }),
  dataPlaneRow({ ...behind, name: 'checkout', pods: 6, ready: 6 }),
  dataPlaneRow({ ...behind, name: 'redis-cart', kind: 'StatefulSet' }),
  dataPlaneRow({
    name: 'node-tagger',
    kind: 'DaemonSet',
    state: 'noSidecar',
    pods: 5,
    ready: 5,
    proxyNow: [],
    proxyAfter: null,
    revisionNow: [],
    revisionAfter: null,
    why: phrase('whyOptedOut'),
    restart: no('reasonNothingToRestart'),
  }),
  ...shop.map((name) => dataPlaneRow({ ...upToStep, name })),
  dataPlaneRow({
    ...upToStep,
    namespace: 'payments',
    name: 'ledger',
    kind: 'StatefulSet',
    state: 'cannotRestart',
    why: phrase('whyBudget', { budget: 'ledger-pdb', allowed: '0', needed: '1' }),
    restart: no('reasonCannotRestart', { why: 'ledger-pdb allows 0 disruptions' }),
  }),
  ...payments.map((name) => dataPlaneRow({ ...upToStep, namespace: 'payments', name })),
  dataPlaneRow({ ...lost, name: 'settlement', kind: 'CronJob', pods: 1, ready: 1 }),
  dataPlaneRow({ ...lost, name: 'nightly', pods: 2, ready: 2 }),
];

export const inPlaceMesh: MeshView = meshView({
  inPlace: {
    ...meshView().inPlace,
    findings: precheck([
      finding(),
      finding({
        rule: 'P-11',
        what: phrase('findBudget'),
        subject: 'payments/ledger-pdb',
        consequence: phrase('findBudgetThen', { budget: 'ledger-pdb', allowed: '0', needed: '1' }),
        fix: null,
      }),
      finding({
        severity: 'warn',
        what: phrase('findSkewOld'),
        subject: '3 workloads in shop',
        consequence: phrase('findSkewOldThen', { version: '1.29.8', target: '1.31.1' }),
        fix: 'kubectl --context shop-prod -n shop rollout restart deploy/cart deploy/checkout sts/redis-cart',
      }),
      finding({
        severity: 'warn',
        what: phrase('findSingleReplica'),
        subject: 'istio-system/istiod',
        consequence: phrase('findSingleReplicaThen'),
        fix: null,
      }),
      finding({
        severity: 'info',
        what: phrase('findCannotTell'),
        subject: 'Secrets in istio-system',
        consequence: phrase('findCannotTellThen', { what: 'Helm releases', why: 'no permission' }),
        fix: null,
      }),
    ]),
  },
  namespaces: [
    namespaceView(),
    namespaceView({ name: 'payments', label: 'istio-injection=enabled', workloads: 9 }),
    namespaceView({ name: 'batch-jobs', label: 'istio.io/rev=1-28', workloads: 2 }),
  ],
});

export function manyRows(count: number): DataPlaneRow[] {
  return Array.from({ length: count }, (_, index) =>
    dataPlaneRow({
      namespace: `team-${String(Math.floor(index / 80)).padStart(3, '0')}`,
      name: `service-${String(index).padStart(5, '0')}`,
      state: index % 7 === 0 ? 'behind' : 'needsRestart',
    }),
  );
}
