import type { PlannerChoices, RouteList } from '../ipc/index.ts';
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
  kubernetes: ['1.35', '1.34', '1.33', '1.32'],
  asOf: '2026-11-23',
};

const hop = { class: 'minor', source: upgradePage, warnings: [], kubernetesFits: true };
const inPlace = { ...hop, method: 'inPlace' as const, reason: phrase('hopInPlaceAdjacent') };
const canary = { ...hop, method: 'canary' as const, reason: phrase('hopCanaryAdjacent') };
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
        },
      ],
      restarts: 1,
      waysBack: 1,
    },
    {
      hops: [
        { ...canary, ...first },
        { ...canary, ...second },
      ],
      restarts: 2,
      waysBack: 2,
    },
    {
      hops: [
        { ...inPlace, ...first },
        { ...canary, ...second },
      ],
      restarts: 2,
      waysBack: 1,
    },
    {
      hops: [
        { ...canary, ...first },
        { ...inPlace, ...second },
      ],
      restarts: 2,
      waysBack: 1,
    },
    {
      hops: [
        { ...inPlace, ...first },
        { ...inPlace, ...second },
      ],
      restarts: 2,
      waysBack: 0,
    },
  ],
  refusals: [
    {
      from: '1.29.8',
      to: '1.31.1',
      method: 'inPlace',
      reason: phrase('refuseInPlaceSkip'),
      source: upgradePage,
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
  verdict: phrase('verdictFewestRestarts'),
};
