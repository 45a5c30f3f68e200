import { AutoComplete, Checkbox, Input } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ContextChange, ContextRow, ContextSettings, Settings } from '../../ipc/index.ts';
import { isProduction } from '../../parts/ContextTag.tsx';
import styles from './SettingsPage.module.css';

interface Props {
  contexts: readonly ContextRow[];
  settings: Settings['contexts'];
  onChange: (context: string, change: ContextChange) => void;
}

const unset: ContextSettings = { tag: null, protected: false, installValues: null, asm: null };
const commonTags = ['prod', 'staging', 'dev'];

/** What the user says about each context: its tag, its protection, and what it was installed with. */
export function ContextTable({ contexts, settings, onChange }: Props) {
  const { t } = useTranslation();
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{t('meshes.context')}</th>
          <th scope="col" className={styles.tag}>
            {t('settings.tag')}
          </th>
          <th scope="col" className={styles.protect}>
            {t('settings.protected')}
          </th>
          <th scope="col">{t('settings.values')}</th>
        </tr>
      </thead>
      <tbody>
        {contexts.map((context) => {
          const held = settings[context.name] ?? unset;
          return (
            <ContextLine
              key={context.name}
              context={context}
              held={held}
              onChange={(change) => onChange(context.name, change)}
            />
          );
        })}
      </tbody>
    </table>
  );
}

interface LineProps {
  context: ContextRow;
  held: ContextSettings;
  onChange: (change: ContextChange) => void;
}

function ContextLine({ context, held, onChange }: LineProps) {
  const { t } = useTranslation();
  const { name } = context;
  const reason = useId();
  const [tag, setTag] = useState(held.tag ?? context.tag ?? '');
  const [values, setValues] = useState(held.installValues ?? '');
  const production = isProduction(tag);
  const textOrNull = (text: string) => (text.trim() === '' ? null : text.trim());
  return (
    <tr>
      <td>{name}</td>
      <td>
        <AutoComplete
          size="small"
          className={styles.input}
          aria-label={t('settings.tagOf', { name })}
          value={tag}
          options={commonTags.map((value) => ({ value }))}
          onChange={setTag}
          onBlur={() => textOrNull(tag) !== held.tag && onChange({ kind: 'tag', tag: textOrNull(tag) })}
        />
      </td>
      <td>
        <Checkbox
          aria-label={t('settings.protectedOf', { name })}
          checked={production || held.protected}
          disabled={production}
          aria-describedby={production ? reason : undefined}
          onChange={(event) => onChange({ kind: 'protected', on: event.target.checked })}
        >
          {production && (
            <span id={reason} className={styles.note}>
              {t('settings.alwaysForProd')}
            </span>
          )}
        </Checkbox>
      </td>
      <td>
        <Input
          size="small"
          className={styles.input}
          aria-label={t('settings.valuesOf', { name })}
          placeholder={t('settings.valuesPlaceholder')}
          spellCheck={false}
          value={values}
          onChange={(event) => setValues(event.target.value)}
          onBlur={() =>
            textOrNull(values) !== held.installValues &&
            onChange({ kind: 'installValues', file: textOrNull(values) })
          }
          onPressEnter={(event) => event.currentTarget.blur()}
        />
      </td>
    </tr>
  );
}
