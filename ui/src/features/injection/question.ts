import type { InjectionChange, InjectionRequest, InjectionSubject } from '../../ipc/index.ts';

export type ChangeKind =
  | 'none'
  | 'labels'
  | 'move'
  | 'inPlace'
  | 'deploy'
  | 'promote'
  | 'revoke'
  | 'unpublish';

/** What the user chose, as far as it was chosen. */
export interface Asked {
  subject: 'all' | 'workload' | 'labels';
  change: ChangeKind;
  namespace?: string;
  podLabels?: string;
  target?: string;
  changed?: string;
  namespaceLabels?: string;
}

/** Labels written one after the other; null when one is none. */
export function labelsOf(text: string): Record<string, string> | null {
  const labels: Record<string, string> = {};
  for (const word of text.split(/[\s,]+/).filter((word) => word !== '')) {
    const [, key, value] = word.match(/^([\w./-]+)=([\w.-]*)$/) ?? [];
    if (key === undefined || value === undefined) return null;
    labels[key] = value;
  }
  return labels;
}

/** The question as the application takes it. With labels that can't be read there is none: `problem`. */
export function requestOf(
  context: string,
  asked: Asked,
  row: string | undefined,
): { request: InjectionRequest; problem: boolean } {
  const pod = labelsOf(asked.podLabels ?? '');
  const namespaceLabels = labelsOf(asked.namespaceLabels ?? '');
  return {
    request: { context, subject: subjectOf(asked, row, pod ?? {}), change: changeOf(asked, namespaceLabels) },
    problem: pod === null || namespaceLabels === null,
  };
}

function subjectOf(asked: Asked, row: string | undefined, pod: Record<string, string>): InjectionSubject {
  if (asked.subject === 'workload' && row !== undefined) return { kind: 'workload', row };
  if (asked.subject === 'labels') return { kind: 'labels', namespace: asked.namespace ?? '', pod };
  return { kind: 'all' };
}

function changeOf(asked: Asked, labels: Record<string, string> | null): InjectionChange | null {
  const { change, target = '', changed } = asked;
  switch (change) {
    case 'none':
      return null;
    case 'labels':
      return changed && labels ? { kind: 'namespace', namespace: changed, labels } : null;
    case 'move':
      return changed
        ? {
            kind: 'operation',
            operation: { kind: 'moveNamespaces', namespaces: [changed], to: 'canary', restart: false },
          }
        : null;
    case 'inPlace':
      return { kind: 'operation', operation: { kind: 'upgradeControlPlane', target } };
    case 'deploy':
      return { kind: 'operation', operation: { kind: 'deployCanary', target } };
    case 'promote':
      return { kind: 'operation', operation: { kind: 'promote' } };
    case 'revoke':
      return { kind: 'operation', operation: { kind: 'revoke' } };
    case 'unpublish':
      return { kind: 'operation', operation: { kind: 'unpublish' } };
  }
}
