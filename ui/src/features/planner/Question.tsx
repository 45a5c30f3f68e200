import { AutoComplete, Select } from 'antd';
import { type ReactNode, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCall } from '../../ipc/cache.ts';
import type { PlannerChoices, RouteRequest } from '../../ipc/index.ts';
import { Icon } from '../../parts/Icon.tsx';
import styles from './Question.module.css';
import type { PlannerSearch } from './search.ts';

interface Props {
  choices: PlannerChoices;
  request: RouteRequest;
  onChange: (part: PlannerSearch) => void;
  /** What can be done with the answer. */
  actions: ReactNode;
}

const any = '';

export function Question({ choices, request, onChange, actions }: Props) {
  const { t } = useTranslation();
  const { data: list } = useCall('context_list', {});
  const meshes = (list?.contexts ?? []).filter(({ open, saved }) => open || saved !== null);
  const versions = choices.versions[request.profile] ?? [];
  return (
    <header className={styles.question}>
      <h1 className="visually-hidden">{t('nav.planner')}</h1>
      <Field label={t('planner.from')}>
        {(id) => (
          <Version id={id} value={request.from} versions={versions} onChange={(from) => onChange({ from })} />
        )}
      </Field>
      <span className={styles.arrow}>
        <Icon name="arrow" />
      </span>
      <Field label={t('planner.to')}>
        {(id) => (
          <Version id={id} value={request.to} versions={versions} onChange={(to) => onChange({ to })} />
        )}
      </Field>
      <Field label={t('planner.rules')}>
        {(id) => (
          <Select
            id={id}
            style={{ width: 210 }}
            value={request.profile}
            onChange={(profile) => onChange({ profile, from: undefined, to: undefined })}
            options={choices.profiles.map((profile) => ({
              value: profile.id,
              title: profile.source,
              label: t(`planner.profile.${profile.id}` as 'planner.profile.istio', {
                defaultValue: profile.id,
              }),
            }))}
          />
        )}
      </Field>
      <Field label={t('planner.kubernetes')}>
        {(id) => (
          <Select
            id={id}
            style={{ width: 84 }}
            value={request.kubernetes ?? any}
            onChange={(kubernetes) => onChange({ kubernetes: kubernetes || undefined })}
            options={[
              { value: any, label: t('planner.any') },
              ...choices.kubernetes.map((value) => ({ value, label: value })),
            ]}
          />
        )}
      </Field>
      <Field label={t('planner.mesh')}>
        {(id) => (
          <Select
            id={id}
            style={{ width: 150 }}
            popupMatchSelectWidth={320}
            value={request.context ?? any}
            onChange={(context) => onChange({ context: context || undefined })}
            options={[
              { value: any, label: t('planner.noMesh') },
              ...meshes.map(({ name }) => ({ value: name, label: name })),
            ]}
          />
        )}
      </Field>
      <span className={styles.actions}>{actions}</span>
    </header>
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

interface VersionProps {
  id: string;
  value: string;
  versions: readonly string[];
  onChange: (version: string) => void;
}

/** A known version, or any other that is typed. */
function Version({ id, value, versions, onChange }: VersionProps) {
  const [text, setText] = useState(value);
  const [held, setHeld] = useState(value);
  if (held !== value) {
    setHeld(value);
    setText(value);
  }
  const commit = (version: string) => {
    const wanted = version.trim();
    if (wanted !== '' && wanted !== value) onChange(wanted);
  };
  return (
    <AutoComplete
      id={id}
      style={{ width: 124 }}
      value={text}
      options={versions.map((version) => ({ value: version }))}
      onChange={setText}
      onSelect={commit}
      onBlur={() => commit(text)}
      onInputKeyDown={(event) => event.key === 'Enter' && commit(text)}
    />
  );
}
