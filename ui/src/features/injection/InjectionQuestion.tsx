import { Input, Select } from 'antd';
import type { TFunction } from 'i18next';
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import type { MeshView } from '../../ipc/index.ts';
import styles from './InjectionDialog.module.css';
import type { Asked, ChangeKind } from './question.ts';

interface Props {
  view: MeshView;
  row?: { id: string; name: string };
  asked: Asked;
  problem: boolean;
  onChange: (asked: Asked) => void;
}

export function InjectionQuestion({ view, row, asked, problem, onChange }: Props) {
  const { t } = useTranslation();
  const namespaces = view.namespaces.map(({ name }) => ({ value: name, label: name }));
  const part = (change: Partial<Asked>) => onChange({ ...asked, ...change });
  return (
    <div className={styles.question}>
      <Field label={t('injection.subject')}>
        {(id) => (
          <Select
            id={id}
            style={{ width: 220 }}
            value={asked.subject}
            onChange={(subject) => part({ subject })}
            options={[
              ...(row ? [{ value: 'workload' as const, label: row.name }] : []),
              { value: 'all' as const, label: t('injection.subjectAll') },
              { value: 'labels' as const, label: t('injection.subjectLabels') },
            ]}
          />
        )}
      </Field>
      {asked.subject === 'labels' && (
        <>
          <Field label={t('injection.namespace')}>
            {(id) => (
              <Input
                id={id}
                style={{ width: 160 }}
                value={asked.namespace ?? ''}
                spellCheck={false}
                onChange={(event) => part({ namespace: event.target.value })}
              />
            )}
          </Field>
          <Labels
            label={t('injection.podLabels')}
            value={asked.podLabels}
            onChange={(podLabels) => part({ podLabels })}
          />
        </>
      )}
      <Field label={t('injection.change')}>
        {(id) => (
          <Select
            id={id}
            style={{ width: 260 }}
            value={asked.change}
            onChange={(change) => part(begin(change, view))}
            options={changes(view).map((value) => ({
              value,
              label: words(t, value, view, asked),
            }))}
          />
        )}
      </Field>
      {(asked.change === 'labels' || asked.change === 'move') && (
        <Field label={t('injection.namespace')}>
          {(id) => (
            <Select
              id={id}
              showSearch
              style={{ width: 180 }}
              value={asked.changed}
              onChange={(changed) => part({ changed })}
              options={namespaces}
            />
          )}
        </Field>
      )}
      {asked.change === 'labels' && (
        <Labels
          label={t('injection.namespaceLabels')}
          value={asked.namespaceLabels}
          onChange={(namespaceLabels) => part({ namespaceLabels })}
        />
      )}
      {problem && (
        <p className={styles.problem} role="alert">
          {t('injection.badLabels')}
        </p>
      )}
    </div>
  );
}

function changes(view: MeshView): readonly ChangeKind[] {
  const { canary } = view.canary;
  const hop: readonly ChangeKind[] = canary ? [] : view.target === null ? [] : ['deploy', 'inPlace'];
  const steps: readonly ChangeKind[] = canary ? ['move', 'promote', 'revoke'] : [];
  const old: readonly ChangeKind[] = view.canary.unpublish.available ? ['unpublish'] : [];
  return ['none', ...hop, ...steps, ...old, 'labels'];
}

/** A change begins with what the mesh offers for it. */
function begin(change: ChangeKind, view: MeshView): Partial<Asked> {
  const first = view.namespaces[0];
  return {
    change,
    target: view.target ?? undefined,
    changed: first?.name,
    namespaceLabels: first?.label ?? '',
  };
}

function words(t: TFunction, change: ChangeKind, view: MeshView, asked: Asked): string {
  switch (change) {
    case 'none':
      return t('injection.changeNone');
    case 'labels':
      return t('injection.changeLabels');
    case 'move':
      return t('injection.changeMove', { namespace: asked.changed ?? view.namespaces[0]?.name ?? '' });
    case 'inPlace':
      return t('injection.changeInPlace', { version: view.target ?? '' });
    case 'deploy':
      return t('injection.changeDeploy', { version: view.target ?? '' });
    case 'promote':
      return t('injection.changePromote');
    case 'revoke':
      return t('injection.changeRevoke');
    case 'unpublish':
      return t('injection.changeUnpublish');
  }
}

function Labels(props: { label: string; value: string | undefined; onChange: (text: string) => void }) {
  return (
    <Field label={props.label}>
      {(id) => (
        <Input
          id={id}
          style={{ width: 320 }}
          value={props.value ?? ''}
          spellCheck={false}
          onChange={(event) => props.onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

function Field({ label, children }: { label: string; children: (id: string) => ReactNode }) {
  const id = useId();
  return (
    <span className={styles.field}>
      <label htmlFor={id}>{label}</label>
      {children(id)}
    </span>
  );
}
