import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Button, Select } from 'antd';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { errorIn, usePhrase } from '../../i18n/phrase.ts';
import { type AsmView, type MeshView, toApiError, useDoor } from '../../ipc/index.ts';
import { useSimulator } from '../injection/SimulatorProvider.tsx';
import { SaveSnapshot } from '../snapshot/SaveSnapshot.tsx';
import styles from './InstanceHead.module.css';
import { profileOf } from './profile.ts';
import type { Tab } from './search.ts';

export function InstanceHead({ view, tab }: { view: MeshView; tab: Tab }) {
  const { t } = useTranslation();
  const [stable] = view.revisions;
  const canary = view.revisions.find(({ role }) => role === 'canary');
  return (
    <header className={styles.head}>
      <div className={styles.what}>
        <h1 className={styles.title}>
          {view.context}
          <span className={styles.provider}>{t(`provider.${view.provider}`)}</span>
          {stable && <span className={styles.version}>{stable.version ?? t('value.unknown')}</span>}
          {canary && (
            <>
              <span className={styles.provider}>{t('upgrade.plusCanary')}</span>
              <span className={styles.canary}>{canary.version ?? canary.name}</span>
            </>
          )}
        </h1>
        <p className={styles.facts}>
          {view.asm ? <AsmFacts asm={view.asm} /> : <Support view={view} />}
          <span>{t('upgrade.kubernetes', { version: view.kubernetes })}</span>
          <span>{t('upgrade.workloads', { count: view.workloads })}</span>
          <span>{t('upgrade.proxies', { count: view.proxies })}</span>
        </p>
      </div>
      <MeshTools view={view} />
      {canary ? (
        <p className={styles.fixed}>{t('upgrade.targetFixed')}</p>
      ) : (
        <Target view={view} tab={tab} from={stable?.version ?? undefined} />
      )}
    </header>
  );
}

/** What can be done with the mesh as a whole, besides upgrading it. */
function MeshTools({ view }: { view: MeshView }) {
  const { t } = useTranslation();
  const simulate = useSimulator();
  return (
    <span className={styles.tools}>
      {simulate && <Button onClick={() => simulate(null)}>{t('injection.open')}</Button>}
      {view.saved === null && <SaveSnapshot context={view.context} />}
    </span>
  );
}

function AsmFacts({ asm }: { asm: AsmView }) {
  const { t } = useTranslation();
  return (
    <>
      <span>{t('asm.instance', { name: asm.name, id: asm.id, region: asm.region })}</span>
      <span>{t(`asm.edition.${asm.edition}`)}</span>
      <span className={asm.settled ? undefined : styles.days} data-tone={asm.settled ? undefined : 'warn'}>
        {t('asm.state', { state: asm.state })}
      </span>
      <span title={asm.profileSource}>{t('asm.rules', { profile: asm.profile })}</span>
    </>
  );
}

function Support({ view }: { view: MeshView }) {
  const { t } = useTranslation();
  const { supportedUntil, supportDays } = view;
  if (supportedUntil === null || supportDays === null) return <span>{t('support.unknown')}</span>;
  const tone = supportDays < 0 ? 'bad' : supportDays <= 30 ? 'warn' : undefined;
  return (
    <span>
      {t(supportDays < 0 ? 'support.ended' : 'support.until', { date: supportedUntil })}{' '}
      <span className={styles.days} data-tone={tone}>
        {supportDays < 0
          ? t('support.over', { count: -supportDays })
          : t('support.left', { count: supportDays })}
      </span>
    </span>
  );
}

function Target({ view, tab, from }: { view: MeshView; tab: Tab; from?: string }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const door = useDoor();
  const id = useId();
  const choose = useMutation({
    mutationFn: (target: string) => door.call('target_choose', { context: view.context, target }),
  });
  if (view.targets.length === 0) return <p className={styles.fixed}>{t('upgrade.newest')}</p>;
  return (
    <div className={styles.target}>
      {choose.error && <span className={styles.problem}>{errorIn(t, toApiError(choose.error))}</span>}
      <label htmlFor={id}>{t('upgrade.target')}</label>
      <Select
        id={id}
        className={styles.select}
        popupMatchSelectWidth={320}
        placeholder={t('upgrade.chooseTarget')}
        value={view.target ?? undefined}
        loading={choose.isPending}
        onChange={(target) => choose.mutate(target)}
        options={view.targets.map((target) => {
          const { reason } = tab === 'canary' ? target.canary : target.inPlace;
          const note = target.caution ?? reason;
          return {
            value: target.version,
            label: (
              <span className={styles.option}>
                <code>{target.version}</code>
                {note && <span className={styles.caution}>{phrase(note)}</span>}
              </span>
            ),
          };
        })}
        labelRender={({ value }) => <code>{value}</code>}
      />
      <Link
        to="/planner"
        search={{
          from,
          to: view.target ?? undefined,
          profile: profileOf(view),
          kubernetes: minorOf(view),
          context: view.context,
        }}
        className={styles.way}
      >
        {t('upgrade.howToGetThere')}
      </Link>
    </div>
  );
}

function minorOf(view: MeshView): string | undefined {
  return view.kubernetes.match(/\d+\.\d+/)?.[0];
}
