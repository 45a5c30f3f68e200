import type {
  CellState,
  CellView,
  LogKind,
  LogLine,
  Phrase,
  PhraseCode,
  RunSummary,
  RunUpdate,
} from '../ipc/index.ts';
import { phrase, runStep, runSummary, runView } from './fixtures.ts';

const ago = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

export const demoRuns: RunSummary[] = [
  runSummary(),
  runSummary({
    id: 'run-26',
    number: 26,
    operation: 'deployCanary',
    state: 'succeeded',
    startedAt: ago(70),
    endedAt: ago(64),
    sentence: phrase('runSucceeded'),
    podsDone: 0,
    podsTotal: 0,
  }),
  runSummary({
    id: 'run-25',
    number: 25,
    context: 'pay-staging',
    operation: 'restart',
    state: 'failed',
    startedAt: ago(60 * 26),
    endedAt: ago(60 * 25),
    sentence: {
      ...phrase('runFailed'),
      nested: { why: phrase('failCrash', { pod: 'ledger-0', reason: 'CrashLoopBackOff' }) },
    },
    podsDone: 4,
    podsTotal: 27,
  }),
];

const cell = (
  namespace: string,
  name: string,
  state: CellState,
  done: number,
  busy: number,
  total: number,
  seconds: number | null,
): CellView => ({
  id: `${namespace}/Deployment/${name}`,
  name,
  namespace,
  state,
  done,
  busy,
  total,
  seconds,
  note: null,
});

const done = (namespace: string, name: string, total: number, seconds: number) =>
  cell(namespace, name, 'done', total, 0, total, seconds);
const pending = (namespace: string, name: string, total: number, state: CellState = 'pending') =>
  cell(namespace, name, state, 0, 0, total, null);
const wave = (number: number) => phrase('stepWave', { number: String(number) });

const line = (seq: number, kind: LogKind, code: PhraseCode, params: Record<string, string>): LogLine => ({
  seq,
  at: new Date(Date.now() - (40 - seq) * 21_000).toISOString(),
  kind,
  text: phrase(code, params),
  command: null,
});

const acted = (seq: number, kind: LogKind, code: PhraseCode, act: Phrase): LogLine => ({
  ...line(seq, kind, code, {}),
  text: { ...phrase(code), nested: { act } },
});

const shop = { revision: '1-31', version: '1.31.1' };

export const demoRun: RunUpdate = {
  view: runView({
    trafficChanges: [
      phrase('logTrafficRuleChanged', { object: 'VirtualService shop/cart', who: 'kubectl-edit' }),
    ],
    steps: [
      runStep({
        id: 'move-shop',
        title: phrase('stepMoveNamespace', { namespace: 'shop', from: '1-30', to: '1-31' }),
        state: 'done',
        seconds: 42,
        commands: [
          'kubectl --context shop-prod label namespace shop istio-injection- istio.io/rev=1-31 --overwrite',
        ],
      }),
      runStep({
        id: 'w1',
        title: wave(1),
        state: 'done',
        seconds: 252,
        cells: [
          done('shop-test', 'frontend', 2, 38),
          done('shop-test', 'cart', 2, 45),
          done('shop-test', 'checkout', 2, 52),
          done('shop-test', 'search', 2, 59),
          done('shop-test', 'sessions', 1, 47),
        ],
      }),
      runStep({
        id: 'w2',
        title: wave(2),
        state: 'done',
        seconds: 587,
        cells: [
          done('catalog', 'catalog-api', 4, 76),
          done('catalog', 'pricing', 3, 64),
          done('catalog', 'images', 3, 71),
          done('catalog', 'import', 2, 59),
          done('catalog', 'stock', 3, 85),
          done('catalog', 'labels', 2, 73),
          done('catalog', 'feeds', 2, 80),
          done('catalog', 'reviews-idx', 2, 87),
        ],
      }),
      runStep({
        id: 'w3',
        title: wave(3),
        state: 'current',
        seconds: 308,
        cells: [
          done('shop', 'recommend', 4, 222),
          done('shop', 'reviews', 3, 41),
          done('shop', 'promos', 2, 180),
          cell('shop', 'cart', 'restarting', 1, 1, 3, 83),
          cell('shop', 'checkout', 'restarting', 2, 1, 6, 82),
          pending('shop', 'search', 4),
        ],
      }),
      runStep({
        id: 'w4',
        title: wave(4),
        cells: [
          pending('shop', 'redis-cart', 3),
          pending('shop', 'sessions', 3, 'asks'),
          pending('shop', 'orders-db', 3),
        ],
      }),
      runStep({
        id: 'w5',
        title: wave(5),
        cells: [
          pending('shop', 'frontend', 8),
          pending('shop', 'wishlist', 2),
          pending('shop', 'geo', 1),
          pending('shop', 'mailer', 1),
        ],
      }),
      runStep(),
    ],
  }),
  log: [
    line(1, 'plan', 'logPlanned', { steps: '7', digest: '5d1c09ab' }),
    acted(2, 'label', 'logIntent', phrase('actLabel', { namespace: 'shop', label: 'istio.io/rev=1-31' })),
    acted(3, 'done', 'logDone', phrase('actLabel', { namespace: 'shop', label: 'istio.io/rev=1-31' })),
    ...['frontend', 'cart', 'checkout', 'search', 'catalog-api', 'pricing'].flatMap((name, index) => [
      acted(
        4 + 2 * index,
        'patch',
        'logIntent',
        phrase('actRestart', { workload: `Deployment shop/${name}` }),
      ),
      acted(5 + 2 * index, 'done', 'logDone', phrase('actRestart', { workload: `Deployment shop/${name}` })),
    ]),
    line(16, 'done', 'logWorkloadDone', { workload: 'shop/reviews', ready: '3', wanted: '3', ...shop }),
    line(17, 'pause', 'logPausedBy', { operator: 'li.wei@laptop' }),
    line(18, 'go', 'logResumedBy', { operator: 'li.wei@laptop' }),
    line(19, 'warn', 'logTrafficRuleChanged', { object: 'VirtualService shop/cart', who: 'kubectl-edit' }),
    acted(20, 'patch', 'logIntent', phrase('actRestart', { workload: 'Deployment shop/cart' })),
    acted(21, 'done', 'logDone', phrase('actRestart', { workload: 'Deployment shop/cart' })),
  ],
};
