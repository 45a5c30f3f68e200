import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../../i18n/phrase.ts';
import type { MeshView, OperationRequest, RevisionView } from '../../../ipc/index.ts';
import { ReasonedButton } from '../../../parts/ReasonedButton.tsx';
import { StateMark } from '../../../parts/StateMark.tsx';
import { toneOf } from '../../../parts/tone.ts';
import { usePlanDialog } from '../../plan/PlanProvider.tsx';
import { PrecheckBar } from '../PrecheckBar.tsx';
import styles from './ControlPlane.module.css';

export function ControlPlane({ view }: { view: MeshView }) {
  const { t } = useTranslation();
  const ask = usePlanDialog();
  const { canary, context, target } = view;
  const operate = (operation: OperationRequest) => ask({ kind: 'operation', context, operation });
  const deploy = () => {
    if (target !== null) operate({ kind: 'deployCanary', target });
  };
  const acts = [
    { id: 'deploy', availability: canary.deploy, onClick: deploy },
    { id: 'promote', availability: canary.promote, onClick: () => operate({ kind: 'promote' }) },
    { id: 'gateways', availability: canary.gateways, onClick: () => operate({ kind: 'upgradeGateways' }) },
    { id: 'revoke', availability: canary.revoke, onClick: () => operate({ kind: 'revoke' }) },
    { id: 'unpublish', availability: canary.unpublish, onClick: () => operate({ kind: 'unpublish' }) },
  ] as const;

  return (
    <div className={styles.pane}>
      <PrecheckBar
        key={target}
        context={context}
        method="canary"
        availability={canary.precheck}
        result={canary.findings}
        target={target}
        checkedFor={canary.checkedFor}
        next={null}
      />
      <Revisions view={view} />
      <section aria-label={t('canary.actions')}>
        <h2 className={styles.title}>{t('canary.actions')}</h2>
        <ul className={styles.acts}>
          {acts.map(({ id, availability, onClick }) => (
            <li key={id}>
              <ReasonedButton
                // The one step of these that can be undone as a whole; what follows it is chosen by the user.
                type={id === 'deploy' && availability.available ? 'primary' : 'default'}
                reasonAfter
                className={styles.button}
                availability={availability}
                danger={id === 'unpublish'}
                onClick={onClick}
              >
                {t(`canary.act.${id}`)}
              </ReasonedButton>
              <span className={styles.means}>{t(view.asm ? `asm.means.${id}` : `canary.means.${id}`)}</span>
            </li>
          ))}
        </ul>
      </section>
    </div>
  );
}

function Revisions({ view }: { view: MeshView }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  // What a managed control plane does not tell is left out.
  const managed = view.asm !== null;
  const own: readonly (readonly [string, (revision: RevisionView) => ReactNode])[] = [
    [t('revision.replicas'), ({ ready, replicas }) => t('value.ratio', { part: ready, whole: replicas })],
    [t('revision.connected'), ({ connected }) => connected ?? t('value.unknown')],
  ];
  const facts: readonly (readonly [string, (revision: RevisionView) => ReactNode])[] = [
    [t('revision.version'), ({ version }) => <code>{version ?? t('value.unknown')}</code>],
    [t('revision.proxy'), (revision) => <code>{revision.proxyVersion ?? t('value.unknown')}</code>],
    [t('revision.state'), ({ mark, health }) => <StateMark tone={toneOf[mark]}>{phrase(health)}</StateMark>],
    ...(managed ? [] : own),
    [t('revision.pods'), ({ pods }) => pods],
    [
      t('revision.tags'),
      ({ name }) => {
        const tags = view.tags.filter((tag) => tag.revision === name).map((tag) => tag.name);
        return tags.length > 0 ? <code>{tags.join(', ')}</code> : t('value.none');
      },
    ],
    [
      t('revision.default'),
      ({ name }) => t(view.defaultRevision === name ? 'revision.isDefault' : 'revision.isNotDefault'),
    ],
  ];
  return (
    <table className={styles.revisions}>
      <caption className="visually-hidden">{t('canary.revisions')}</caption>
      <thead>
        <tr>
          <th scope="col">{t('canary.revisions')}</th>
          {view.revisions.map((revision) => (
            <th key={revision.name} scope="col">
              {t(`revision.role.${revision.role}`)} <code>{revision.name}</code>
            </th>
          ))}
          {view.canary.canary === null && <th scope="col">{t('revision.role.canary')}</th>}
        </tr>
      </thead>
      <tbody>
        {facts.map(([name, value], index) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            {view.revisions.map((revision) => (
              <td key={revision.name}>{value(revision)}</td>
            ))}
            {view.canary.canary === null && (
              <td className={styles.absent}>{index === 0 ? t('canary.notDeployed') : ''}</td>
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
