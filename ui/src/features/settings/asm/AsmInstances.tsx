import { Select } from 'antd';
import { type ReactNode, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { AsmClusterMatch, AsmInstanceRow, Settings } from '../../../ipc/index.ts';
import { ReasonedButton } from '../../../parts/ReasonedButton.tsx';
import { StateMark } from '../../../parts/StateMark.tsx';
import page from '../SettingsPage.module.css';
import styles from './AsmLinks.module.css';

interface Props {
  instances: readonly AsmInstanceRow[];
  contexts: readonly string[];
  settings: Settings['contexts'];
  onLink: (instance: AsmInstanceRow, context: string) => void;
}

/** One line for each data-plane cluster: the context that leads to it is linked with its instance. */
export function AsmInstances({ instances, contexts, settings, onLink }: Props) {
  const { t } = useTranslation();
  if (instances.length === 0) return <p className={styles.line}>{t('asmLink.noInstance')}</p>;
  return (
    <table className={page.table} aria-label={t('asmLink.instances')}>
      <thead>
        <tr>
          <th scope="col">{t('asmLink.instance')}</th>
          <th scope="col" className={styles.version}>
            {t('asmLink.version')}
          </th>
          <th scope="col" className={styles.edition}>
            {t('asmLink.edition')}
          </th>
          <th scope="col">{t('asmLink.cluster')}</th>
          <th scope="col">{t('asmLink.contextColumn')}</th>
          <th scope="col" className={styles.link}>
            {t('asmLink.action')}
          </th>
        </tr>
      </thead>
      <tbody>
        {instances.flatMap((instance) =>
          instance.clusters.length === 0
            ? [<Line key={instance.id} instance={instance} />]
            : instance.clusters.map((cluster) => (
                <Line key={`${instance.id}/${cluster.id}`} instance={instance}>
                  <Cluster
                    cluster={cluster}
                    contexts={contexts}
                    isLinked={(context) => settings[context]?.asm?.instance === instance.id}
                    onLink={(context) => onLink(instance, context)}
                  />
                </Line>
              )),
        )}
      </tbody>
    </table>
  );
}

function Line({ instance, children }: { instance: AsmInstanceRow; children?: ReactNode }) {
  const { t } = useTranslation();
  return (
    <tr>
      <th scope="row">
        {instance.name} <code>{instance.id}</code> <span className={page.note}>{instance.region}</span>
      </th>
      <td>
        <code>{instance.version}</code>
      </td>
      <td>{t(`asm.edition.${instance.edition}`)}</td>
      {children ?? <td colSpan={3}>{t('asmLink.noCluster')}</td>}
    </tr>
  );
}

interface ClusterProps {
  cluster: AsmClusterMatch;
  contexts: readonly string[];
  isLinked: (context: string) => boolean;
  onLink: (context: string) => void;
}

/** The context is chosen beforehand where the cluster's id names exactly one. */
function Cluster({ cluster, contexts, isLinked, onLink }: ClusterProps) {
  const { t } = useTranslation();
  const named = cluster.contexts.length === 1 ? cluster.contexts[0] : undefined;
  const linked = cluster.contexts.find(isLinked);
  const [chosen, setChosen] = useState(linked ?? named);
  const done = chosen !== undefined && isLinked(chosen);
  return (
    <>
      <td>
        <code>{cluster.id}</code>
      </td>
      <td>
        <Select
          size="small"
          showSearch
          className={page.input}
          aria-label={t('asmLink.context', { cluster: cluster.id })}
          placeholder={t('asmLink.choose')}
          value={chosen}
          onChange={setChosen}
          options={contexts.map((value) => ({ value, label: value }))}
        />
      </td>
      <td>
        {done ? (
          <StateMark tone="ok">{t('asmLink.isLinked')}</StateMark>
        ) : (
          <ReasonedButton
            reasonAfter
            size="small"
            aria-label={t('asmLink.linkOf', { cluster: cluster.id })}
            waitsFor={chosen === undefined ? t('asmLink.chooseFirst') : undefined}
            onClick={() => chosen !== undefined && onLink(chosen)}
          >
            {t('asmLink.link')}
          </ReasonedButton>
        )}
      </td>
    </>
  );
}
