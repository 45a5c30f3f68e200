import type {
  Availability,
  ContextRow,
  DataPlaneRow,
  FindingView,
  Mark,
  MeshView,
  NamespaceView,
  Phrase,
  PhraseCode,
  PlanView,
  PrecheckView,
  RowState,
  RunStepView,
  RunSummary,
  RunView,
  Settings,
  StepName,
  StepState,
  StepView,
} from '../ipc/index.ts';

export const yes: Availability = { available: true, reason: null };

export function phrase(code: PhraseCode, params: Record<string, string> = {}): Phrase {
  return { code, params, nested: {} };
}

export function no(code: PhraseCode, params: Record<string, string> = {}): Availability {
  return { available: false, reason: phrase(code, params) };
}

export function settings(part: Partial<Settings> = {}): Settings {
  return {
    language: 'en-US',
    theme: 'light',
    readOnly: false,
    kubeconfigFiles: [],
    istioctlPaths: [],
    catalogueFile: null,
    snapshotFiles: [],
    contexts: {},
    ...part,
  };
}

export function contextRow(part: Partial<ContextRow> = {}): ContextRow {
  return {
    name: 'shop-prod',
    server: 'https://10.20.4.11:6443',
    movedTo: null,
    file: '/home/li/.kube/config',
    user: 'li.wei',
    tag: 'prod',
    protected: true,
    simulated: false,
    executes: null,
    problem: null,
    saved: null,
    open: true,
    ...part,
  };
}

const words: Record<RowState, readonly [PhraseCode, Mark]> = {
  upToDate: ['rowUpToDate', 'ok'],
  held: ['rowPinned', 'ok'],
  later: ['rowLater', 'idle'],
  needsRestart: ['rowNeedsRestart', 'idle'],
  behind: ['rowBehind', 'warning'],
  wouldLoseSidecar: ['rowWouldLose', 'bad'],
  missingSidecar: ['rowMissing', 'warning'],
  noSidecar: ['rowNoSidecar', 'outside'],
  cannotRestart: ['rowCannotRestart', 'bad'],
  rolling: ['rowRolling', 'busy'],
  unknown: ['rowUnknown', 'warning'],
};

const shortKind: Record<string, string> = { Deployment: 'deploy', StatefulSet: 'sts', DaemonSet: 'ds' };

export function dataPlaneRow(part: Partial<DataPlaneRow> = {}): DataPlaneRow {
  const { namespace = 'shop', name = 'cart', kind = 'Deployment', state = 'needsRestart' } = part;
  const [code, mark] = words[state];
  return {
    id: `${namespace}/${kind}/${name}`,
    namespace,
    name,
    kind,
    gateway: false,
    ready: 3,
    pods: 3,
    proxyNow: ['1.30.5'],
    behind: state === 'behind' ? 3 : 0,
    proxyAfter: '1.31.1',
    revisionNow: ['1-30'],
    revisionAfter: '1-31',
    state,
    label: phrase(code, { done: '1', wanted: '3' }),
    mark,
    why: phrase('whyOlderThanLabel'),
    detail: [
      phrase('detailNow', { count: '3', version: '1.30.5', revision: '1-30' }),
      {
        ...phrase('detailInjectedBy', {
          revision: '1-31',
          webhook: 'rev.namespace',
          configuration: 'istio-sidecar-injector-1-31',
        }),
        nested: { why: phrase('whyNamespaceLabel', { label: 'istio.io/rev=1-31' }) },
      },
    ],
    restart: yes,
    command: `kubectl --context shop-prod -n ${namespace} rollout restart ${shortKind[kind] ?? kind}/${name}`,
    ...part,
  };
}

function step(name: StepName, state: StepState, fact: Phrase, mark: Mark = 'idle'): StepView {
  return { step: name, state, fact, mark };
}

export function finding(part: Partial<FindingView> = {}): FindingView {
  return {
    id: 'P-06:Namespace batch-jobs',
    rule: 'P-06',
    severity: 'block',
    what: phrase('findOrphanLabel'),
    subject: 'Namespace batch-jobs',
    consequence: phrase('findOrphanLabelThen', { label: 'istio.io/rev=1-28' }),
    remedy: phrase('mendOrphan'),
    fix: 'kubectl --context shop-prod label namespace batch-jobs istio.io/rev=1-30 --overwrite',
    acknowledgeable: true,
    source: 'istio.io/latest/docs/setup/upgrade/canary',
    ...part,
  };
}

export function precheck(findings: FindingView[] = [finding()]): PrecheckView {
  return {
    at: new Date(Date.now() - 125_000).toISOString(),
    target: '1.31.1',
    findings,
    passed: 31,
    unknown: 0,
  };
}

export function namespaceView(part: Partial<NamespaceView> = {}): NamespaceView {
  return {
    name: 'shop',
    label: 'istio-injection=enabled',
    state: phrase('namespaceOnStable'),
    mark: 'idle',
    workloads: 14,
    pods: [{ now: '1-30', after: '1-30', pods: 43 }],
    follows: '1-30',
    toCanary: yes,
    commandToCanary:
      'kubectl --context shop-prod label namespace shop istio-injection- istio.io/rev=1-31 --overwrite',
    toStable: no('reasonOnRevision', { revision: '1-30' }),
    commandToStable: null,
    ...part,
  };
}

export function meshView(part: Partial<MeshView> = {}): MeshView {
  return {
    context: 'shop-prod',
    server: 'https://10.20.4.11:6443',
    clusterUid: '7d0cbe9c-5b1e-4c0b-8d7b-3c1f5a0f2d11',
    kubernetes: '1.34',
    provider: 'istioctl',
    declined: null,
    supportedUntil: '2026-12-07',
    supportDays: 13,
    revisions: [
      {
        name: '1-30',
        version: '1.30.5',
        proxyVersion: '1.30.5',
        role: 'stable',
        health: phrase('revisionReady'),
        mark: 'ok',
        ready: 2,
        replicas: 2,
        connected: 116,
        pods: 116,
      },
    ],
    tags: [{ name: 'default', revision: '1-30' }],
    defaultRevision: '1-30',
    targets: [
      { version: '1.31.1', inPlace: yes, canary: yes, caution: null },
      { version: '1.30.7', inPlace: yes, canary: no('refuseCanaryPatch'), caution: null },
    ],
    target: '1.31.1',
    workloads: 46,
    proxies: 116,
    behind: 9,
    asm: null,
    inPlace: {
      steps: [
        step('precheck', 'current', phrase('factBlocking', { count: '2' }), 'bad'),
        step('controlPlane', 'later', phrase('factNoWayBack')),
        step('gateways', 'later', phrase('factGateways', { count: '2', pods: '5' })),
        step('workloads', 'later', phrase('factToRestart', { count: '41' })),
        step('verify', 'later', phrase('factProxies', { count: '116' })),
      ],
      precheck: yes,
      upgrade: no('reasonBlockingFindings', { count: '2' }),
      gateways: no('reasonControlPlaneFirst'),
      workloads: yes,
      findings: precheck(),
      checkedFor: null,
    },
    canary: {
      steps: [
        step('deployCanary', 'current', phrase('factNotRun')),
        step('moveNamespaces', 'later', phrase('factNamespacesMoved', { moved: '0', count: '5' })),
        step('promote', 'later', phrase('factBestAfterAll')),
        step('gateways', 'later', phrase('factGateways', { count: '2', pods: '5' })),
        step('unpublish', 'later', phrase('factEndsWayBack')),
      ],
      stable: '1-30',
      canary: null,
      precheck: yes,
      deploy: yes,
      promote: no('reasonNoCanary'),
      revoke: no('reasonNoCanary'),
      unpublish: no('reasonNoOldRevision'),
      gateways: no('reasonNotPromoted'),
      moveNamespaces: no('reasonNoCanary'),
      findings: null,
      checkedFor: null,
    },
    namespaces: [namespaceView()],
    unreadable: [],
    activeRun: null,
    foreignRun: null,
    readOnly: false,
    saved: null,
    ...part,
  };
}

export function planView(part: Partial<PlanView> = {}): PlanView {
  return {
    digest: 'sha256:5d1c',
    operation: 'restart',
    context: 'shop-prod',
    server: 'https://10.20.4.11:6443',
    protected: true,
    from: '1-30',
    to: '1-31',
    steps: [
      {
        id: 'wave-1',
        title: phrase('stepWave', { number: '1' }),
        workloads: 1,
        pods: 3,
        commands: ['kubectl --context shop-prod -n shop rollout restart deploy/cart'],
      },
    ],
    will: [phrase('willRestart', { workloads: '1', pods: '3', width: '1' })],
    willNot: [phrase('willNotTrafficRules'), phrase('willNotOtherNamespaces')],
    wayBack: phrase('wayBackMove'),
    reversible: true,
    findings: [],
    consents: [],
    start: yes,
    ...part,
  };
}

export function runSummary(part: Partial<RunSummary> = {}): RunSummary {
  return {
    id: 'run-27',
    number: 27,
    context: 'shop-prod',
    clusterUid: '7d0cbe9c-5b1e-4c0b-8d7b-3c1f5a0f2d11',
    operation: 'moveNamespaces',
    from: '1.30.5',
    to: '1.31.1',
    state: 'running',
    operator: 'li.wei@laptop',
    startedAt: new Date(Date.now() - 34 * 60_000).toISOString(),
    endedAt: null,
    sentence: phrase('runWaitPods', { left: '2', wanted: '3', workload: 'shop/cart' }),
    podsDone: 42,
    podsTotal: 73,
    ...part,
  };
}

export function runStep(part: Partial<RunStepView> = {}): RunStepView {
  return {
    id: 'verify',
    title: phrase('stepVerify'),
    state: 'later',
    seconds: null,
    cells: [],
    commands: [],
    ...part,
  };
}

export function runView(part: Partial<RunView> = {}): RunView {
  return {
    summary: runSummary(),
    hint: phrase('hintNothingToDo'),
    steps: [runStep()],
    question: null,
    questions: 0,
    handOff: null,
    secondsLeft: 900,
    pause: yes,
    resume: no('reasonRunNotPaused'),
    abort: yes,
    rollBack: yes,
    leftOver: [],
    trafficChanges: [],
    trafficUnseen: [],
    ...part,
  };
}
