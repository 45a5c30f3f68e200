import type { CatalogueView, PlannerChoices, RouteList } from '../ipc/index.ts';
import { phrase } from './fixtures.ts';

const upgradePage = 'istio.io/latest/docs/setup/upgrade';

export const plannerChoices: PlannerChoices = {
  profiles: [
    { id: 'istio', source: upgradePage },
    { id: 'asm-seed', source: 'Upgrade an ASM instance' },
  ],
  versions: {
    istio: ['1.31.1', '1.31.0', '1.30.5', '1.30.4', '1.29.8', '1.28.9'],
    'asm-seed': ['1.18.0.158', '1.17.2.42', '1.16.4.93', '1.15.3.118'],
  },
  first: {
    istio: { from: '1.28.9', to: '1.31.1' },
    'asm-seed': { from: '1.15.3.118', to: '1.18.0.158' },
  },
  kubernetes: ['1.35', '1.34', '1.33', '1.32'],
  asOf: '2026-11-23',
};

const hop = {
  class: 'minor',
  rule: 'upgrades',
  source: upgradePage,
  warnings: [],
  kubernetesFirst: null,
  kubernetesFits: true,
  changes: [] as string[],
};
const inPlace = {
  ...hop,
  method: 'inPlace' as const,
  wayBack: false,
  other: { method: 'canary' as const, refused: null },
  reason: phrase('hopInPlaceAdjacent'),
};
const canary = {
  ...hop,
  method: 'canary' as const,
  wayBack: true,
  other: { method: 'inPlace' as const, refused: null },
  reason: phrase('hopCanaryAdjacent'),
};
const onlyBehind = (count: string) => ({
  behind: phrase('behindRestarts', { count }),
  kubernetesUpgrades: 0,
  first: [],
});
const first = { from: '1.29.8', to: '1.30.5' };
const second = { from: '1.30.5', to: '1.31.1' };

export const routeList: RouteList = {
  routes: [
    {
      hops: [
        {
          ...canary,
          from: '1.29.8',
          to: '1.31.1',
          reason: phrase('hopCanarySkip'),
          warnings: [phrase('warnSkew')],
          other: { method: 'inPlace', refused: phrase('refuseInPlaceSkip') },
          kubernetesFirst: {
            minors: ['1.31', '1.32'],
            why: phrase('kubernetesRequired', { version: '1.31.1', kubernetes: '1.31' }),
          },
          changes: ['B131-1', 'B130-3'],
        },
      ],
      restarts: 1,
      waysBack: 1,
      kubernetesUpgrades: 1,
      behind: null,
      first: [
        {
          hop: 1,
          what: phrase('firstChange', { id: 'B131-1', remedy: 'Change hub and chart source.' }),
          source: 'Istio 1.31 upgrade notes',
        },
        { hop: null, what: phrase('firstHold'), source: 'S22' },
      ],
    },
    {
      hops: [
        { ...canary, ...first },
        { ...canary, ...second },
      ],
      restarts: 2,
      waysBack: 2,
      ...onlyBehind('1'),
    },
    {
      hops: [
        { ...inPlace, ...first },
        { ...canary, ...second },
      ],
      restarts: 2,
      waysBack: 1,
      ...onlyBehind('1'),
    },
    {
      hops: [
        { ...canary, ...first },
        { ...inPlace, ...second },
      ],
      restarts: 2,
      waysBack: 1,
      ...onlyBehind('1'),
    },
    {
      hops: [
        { ...inPlace, ...first },
        { ...inPlace, ...second },
      ],
      restarts: 2,
      waysBack: 0,
      ...onlyBehind('1'),
    },
  ],
  refusals: [
    {
      from: '1.29.8',
      to: '1.31.1',
      method: 'inPlace',
      reason: phrase('refuseInPlaceSkip'),
      remedy: phrase('remedyStopBetween'),
      source: upgradePage,
    },
  ],
  more: false,
  mesh: null,
  passedOver: [{ version: '1.30.2', instead: '1.30.5', defects: ['KB-03'] }],
  changes: [
    {
      id: 'B131-1',
      minor: '1.31',
      impact: 'high',
      what: 'Nothing is published any more to the old registry.',
      remedy: 'Change hub and chart source.',
      escape: [],
      escapeGoneIn: null,
      ambient: false,
      source: 'Istio 1.31 upgrade notes',
      hit: 'noMesh',
      objects: [],
      hits: 0,
      why: null,
    },
    {
      id: 'B130-3',
      minor: '1.30',
      impact: 'medium',
      what: 'Sidecars prefer a Kubernetes Service.',
      remedy: 'Make hostnames unique.',
      escape: ['PICK_BEST=false'],
      escapeGoneIn: '1.32',
      ambient: false,
      source: 'Istio 1.30 upgrade notes',
      hit: 'noMesh',
      objects: [],
      hits: 0,
      why: null,
    },
  ],
  windows: [
    {
      minor: '1.29',
      released: '2026-02-16',
      ends: '2026-08-31',
      estimated: false,
      kubernetes: ['1.31', '1.32', '1.33', '1.34', '1.35'],
    },
    {
      minor: '1.30',
      released: '2026-05-18',
      ends: '2026-12-07',
      estimated: false,
      kubernetes: ['1.32', '1.33', '1.34', '1.35'],
    },
    {
      minor: '1.31',
      released: '2026-08-24',
      ends: '2027-03-15',
      estimated: true,
      kubernetes: ['1.32', '1.33', '1.34', '1.35', '1.36'],
    },
  ],
  verdict: phrase('verdictFewestRestarts', { first: '1', next: '2' }),
};

export const catalogueView: CatalogueView = {
  parts: [
    { kind: 'releases', asOf: '2026-09-21', origin: 'embedded', count: 20 },
    { kind: 'knownBad', asOf: '2026-12-01', origin: 'file', count: 14 },
  ],
  file: null,
  problem: null,
  releases: [
    {
      window: {
        minor: '1.31',
        released: '2026-08-31',
        ends: '2027-02-28',
        estimated: true,
        kubernetes: ['1.32', '1.33', '1.34', '1.35', '1.36'],
      },
      newest: '1.31.1',
      sound: '1.31.1',
      kubernetes: '1.32–1.36',
      kubernetesMinimum: '1.32',
    },
  ],
  defects: [
    {
      id: 'KB-03',
      title: 'Full pushes on metadata edits',
      versions: '1.30.0–1.30.2',
      advice: 'avoid',
      problem: 'Every proxy is pushed to.',
      condition: null,
      fixedIn: ['1.30.3'],
      source: '1.30.3 notes',
    },
  ],
  changes: routeList.changes,
  asm: ['1.18.0.158'],
};
