import type { ContextRow, Mark, MeshSummary, PhraseCode } from '../ipc/index.ts';
import { contextRow, phrase } from './fixtures.ts';

const context = (name: string, tag: string | null, part: Partial<ContextRow> = {}): ContextRow =>
  contextRow({ name, tag, protected: tag === 'prod', open: name === 'shop-prod', ...part });

export const demoContexts: ContextRow[] = [
  context('shop-prod', 'prod'),
  context('pay-staging', 'staging'),
  context('ads-prod-eu', 'prod'),
  context('edge-sg', 'prod'),
  context('data-lab', 'dev'),
  context('shop-staging', 'staging'),
  context('catalog-prod', 'prod'),
  context('ml-train', 'dev'),
  context('kind-demo', 'demo', { simulated: true }),
  context('legacy-dc1', 'prod'),
  context('partner-a', null, { executes: 'aws eks get-token', open: false }),
  context('partner-b', null, { executes: 'gke-gcloud-auth-plugin', open: false }),
  context('tmp-bench', 'dev'),
];

type Facts = readonly [
  versions: string[],
  next: string | null,
  days: number,
  behind: number,
  proxies: number,
  PhraseCode,
  Mark,
];

const facts: Record<string, Facts> = {
  'shop-prod': [['1.30.5', '1.31.1'], null, 13, 74, 116, 'proxiesBehind', 'busy'],
  'pay-staging': [['1.28.9'], '1.29.8', -85, 86, 86, 'outOfSupport', 'bad'],
  'ads-prod-eu': [['1.30.4'], '1.31.1', 13, 0, 412, 'supportEndsSoon', 'warning'],
  'edge-sg': [['1.30.5'], '1.31.1', 13, 34, 58, 'proxiesBehind', 'warning'],
  'data-lab': [['1.31.0'], '1.31.1', 111, 9, 22, 'proxiesBehind', 'warning'],
  'shop-staging': [['1.31.1'], null, 111, 0, 74, 'upToDate', 'ok'],
  'catalog-prod': [['1.31.1'], null, 111, 0, 205, 'upToDate', 'ok'],
  'ml-train': [['1.31.1'], null, 111, 0, 40, 'upToDate', 'ok'],
  'kind-demo': [['1.30.5'], '1.31.1', 13, 18, 41, 'practiceHere', 'ok'],
};

export function demoScan(name: string): MeshSummary | Promise<MeshSummary> {
  if (name === 'legacy-dc1') {
    throw {
      code: 'unreachable',
      message: '10.20.4.11:6443 within 10 s',
      said: null,
      detail: ['connect timed out'],
      hint: phrase('hintCheckNetwork'),
      retryable: true,
    };
  }
  const known = facts[name];
  if (!known) {
    return {
      context: name,
      provider: null,
      versions: [],
      next: null,
      supportDays: null,
      behind: 0,
      proxies: 0,
      state: phrase('noMeshFound'),
      mark: 'outside',
    };
  }
  const [versions, next, supportDays, behind, proxies, code, mark] = known;
  return {
    context: name,
    provider: name === 'edge-sg' ? 'helm' : 'istioctl',
    versions,
    next,
    supportDays,
    behind,
    proxies,
    state: phrase(code, { count: String(behind) }),
    mark,
  };
}
