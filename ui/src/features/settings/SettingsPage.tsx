import { Select, Switch } from 'antd';
import { type ReactNode, useId } from 'react';
import { useTranslation } from 'react-i18next';
import { usePreferences } from '../../app/preferences.tsx';
import { usePhrase } from '../../i18n/phrase.ts';
import { useCall } from '../../ipc/cache.ts';
import { type ContextChange, type ContextRow, toApiError } from '../../ipc/index.ts';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { SkeletonRows } from '../../parts/Skeleton.tsx';
import { StateMark } from '../../parts/StateMark.tsx';
import { AsmLinks } from './asm/AsmLinks.tsx';
import { CatalogueFile } from './CatalogueFile.tsx';
import { ContextTable } from './ContextTable.tsx';
import { Istioctls } from './Istioctls.tsx';
import { PathList } from './PathList.tsx';
import styles from './SettingsPage.module.css';

export function SettingsPage() {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const { settings, change, error } = usePreferences();
  const { data: info } = useCall('app_info', {});
  const { data: contexts } = useCall('context_list', {});
  if (!settings) return <SkeletonRows rows={10} />;
  const changeContext = (context: string, part: ContextChange) =>
    change({ kind: 'context', context, change: part });
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>{t('nav.settings')}</h1>
        {info && (
          <span className={styles.note}>
            {t('settings.about', { version: info.version, folder: info.dataFolder, date: info.catalogAsOf })}
          </span>
        )}
      </header>
      {error ? <ErrorLine error={toApiError(error)} /> : null}
      <Section title={t('settings.window')}>
        <div className={styles.choices}>
          <Choice
            label={t('settings.language')}
            value={settings.language}
            options={[
              ['en-US', t('language.en')],
              ['zh-CN', t('language.zh')],
            ]}
            onChange={(language) => change({ kind: 'language', language })}
          />
          <Choice
            label={t('settings.theme')}
            value={settings.theme}
            options={[
              ['light', t('theme.light')],
              ['dark', t('theme.dark')],
              ['system', t('theme.system')],
            ]}
            onChange={(theme) => change({ kind: 'theme', theme })}
          />
          {/* biome-ignore lint/a11y/noLabelWithoutControl: the switch inside renders its button */}
          <label className={styles.switch}>
            <Switch
              size="small"
              checked={settings.readOnly}
              onChange={(on) => change({ kind: 'readOnly', on })}
            />
            {t('settings.readOnly')}
          </label>
        </div>
      </Section>
      <Section title={t('settings.istioctl')} note={t('settings.istioctlNote')}>
        <Istioctls
          paths={settings.istioctlPaths}
          onAdd={(path) => change({ kind: 'addPath', list: 'istioctls', path })}
          onRemove={(path) => change({ kind: 'removePath', list: 'istioctls', path })}
        />
      </Section>
      <Section title={t('settings.catalogue')} note={t('settings.catalogueNote')}>
        <CatalogueFile
          file={settings.catalogueFile ?? null}
          onChange={(file) => change({ kind: 'catalogue', file })}
        />
      </Section>
      <Section title={t('settings.contexts')} note={t('settings.contextsNote')}>
        <ContextTable
          contexts={contexts?.contexts ?? []}
          settings={settings.contexts}
          onChange={changeContext}
        />
      </Section>
      <Section title={t('asmLink.title')} note={t('asmLink.note')} id="asm">
        <AsmLinks
          contexts={(contexts?.contexts ?? []).filter(isLinkable).map(({ name }) => name)}
          settings={settings.contexts}
          onChange={changeContext}
        />
      </Section>
      <Section title={t('settings.kubeconfigs')} note={t('settings.kubeconfigsNote')}>
        {contexts?.problems.map(({ file, said }) => (
          <p key={`${file} ${said.code}`} className={styles.problem}>
            <StateMark tone="bad">{phrase(said)}</StateMark>
          </p>
        ))}
        <PathList
          label={t('settings.kubeconfigPath')}
          paths={settings.kubeconfigFiles}
          onAdd={(path) => change({ kind: 'addPath', list: 'kubeconfigs', path })}
          onRemove={(path) => change({ kind: 'removePath', list: 'kubeconfigs', path })}
        />
      </Section>
    </div>
  );
}

/** A simulated mesh has its own instance, and a saved one is no cluster. */
function isLinkable({ simulated, saved }: ContextRow): boolean {
  return !simulated && saved === null;
}

interface SectionProps {
  title: string;
  note?: string;
  /** Where a link from another page leads. */
  id?: string;
  children: ReactNode;
}

function Section({ title, note, id: anchor, children }: SectionProps) {
  const id = useId();
  return (
    <section id={anchor} aria-labelledby={id}>
      <header className={styles.section}>
        <h2 id={id}>{title}</h2>
        {note && <span className={styles.note}>{note}</span>}
      </header>
      {children}
    </section>
  );
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}

function Choice({ label, value, options, onChange }: ChoiceProps) {
  const id = useId();
  return (
    <span className={styles.choice}>
      <label htmlFor={id}>{label}</label>
      <Select
        id={id}
        style={{ width: 160 }}
        value={value}
        onChange={onChange}
        options={options.map(([key, words]) => ({ value: key, label: words }))}
      />
    </span>
  );
}
