import { useMutation } from '@tanstack/react-query';
import { AutoComplete, Select } from 'antd';
import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../../i18n/phrase.ts';
import { useCall } from '../../../ipc/cache.ts';
import {
  type AsmCredentials,
  type AsmInstanceRow,
  type AsmLink,
  type Settings,
  toApiError,
  useDoor,
} from '../../../ipc/index.ts';
import { ErrorLine } from '../../../parts/ErrorLine.tsx';
import { ReasonedButton } from '../../../parts/ReasonedButton.tsx';
import { StateMark } from '../../../parts/StateMark.tsx';
import page from '../SettingsPage.module.css';
import { AsmInstances } from './AsmInstances.tsx';
import styles from './AsmLinks.module.css';

interface Props {
  contexts: readonly string[];
  settings: Settings['contexts'];
  onLink: (context: string, link: AsmLink) => void;
}

const first = '';

/** Credential, region, instances: nothing is asked of the cloud before the button is pressed. */
export function AsmForm({ contexts, settings, onLink }: Props) {
  const { t } = useTranslation();
  const door = useDoor();
  const [cliProfile, setCliProfile] = useState<string | null>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const { data: credentials, error } = useCall(
    'asm_credentials',
    { cliProfile },
    { keepPrevious: true, anew: true },
  );
  const region = (typed ?? credentials?.region ?? '').trim();
  const list = useMutation({
    mutationFn: () => door.call('asm_instances', { region, cliProfile }),
  });
  const ids = [useId(), useId()] as const;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (region !== '') list.mutate();
  };
  const choose = (profile: string) => {
    setCliProfile(profile === first ? null : profile);
    list.reset();
  };
  const link = (instance: AsmInstanceRow, context: string) =>
    onLink(context, { instance: instance.id, region: instance.region, profile: null, cliProfile });

  return (
    <>
      <form className={styles.form} onSubmit={submit}>
        <label htmlFor={ids[0]}>{t('asmLink.profile')}</label>
        <Select
          id={ids[0]}
          className={styles.profile}
          popupMatchSelectWidth={false}
          value={cliProfile ?? first}
          onChange={choose}
          options={[
            { value: first, label: t('asmLink.firstFound') },
            ...(credentials?.profiles ?? []).map(({ name, mode }) => ({
              value: name,
              label: t('asmLink.profileOf', { name, mode }),
            })),
          ]}
        />
        <label htmlFor={ids[1]}>{t('asmLink.region')}</label>
        <AutoComplete
          id={ids[1]}
          className={styles.region}
          value={typed ?? credentials?.region ?? ''}
          onChange={setTyped}
          options={(credentials?.regions ?? [])
            .filter((id) => typed === null || id.includes(typed))
            .map((value) => ({ value }))}
        />
        <ReasonedButton
          reasonAfter
          htmlType="submit"
          waitsFor={region === '' ? t('asmLink.regionFirst') : undefined}
          loading={list.isPending}
        >
          {t('asmLink.list')}
        </ReasonedButton>
        <span className={page.note}>{t('asmLink.otherRegions')}</span>
      </form>
      {error && <ErrorLine error={toApiError(error)} />}
      {credentials && <Origin credentials={credentials} cliProfile={cliProfile} />}
      {list.error && <ErrorLine error={toApiError(list.error)} onRetry={() => list.mutate()} />}
      {list.data && (
        <AsmInstances instances={list.data.instances} contexts={contexts} settings={settings} onLink={link} />
      )}
    </>
  );
}

/** Where the credential is; nothing of it is known here. */
function Origin({ credentials, cliProfile }: { credentials: AsmCredentials; cliProfile: string | null }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const { source, problem, profiles } = credentials;
  const runs = profiles.find(({ name }) => name === cliProfile)?.runs;
  return (
    <p className={styles.line} role="status">
      <StateMark tone={problem === null ? 'ok' : 'bad'}>
        {problem === null
          ? t('asmLink.credential', { source: source ? phrase(source) : '' })
          : t('asmLink.noCredential')}
      </StateMark>
      {problem !== null && <span>{phrase(problem)}</span>}
      {problem !== null && <span className={page.note}>{t('asmLink.noCredentialHint')}</span>}
      {runs && <span className={page.note}>{t('asmLink.runs', { program: runs })}</span>}
    </p>
  );
}
