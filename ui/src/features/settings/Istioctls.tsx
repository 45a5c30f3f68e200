import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { useCall } from '../../ipc/cache.ts';
import { toApiError } from '../../ipc/index.ts';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { SkeletonRows } from '../../parts/Skeleton.tsx';
import { StateMark } from '../../parts/StateMark.tsx';
import { PathList, RemoveButton } from './PathList.tsx';
import styles from './SettingsPage.module.css';

interface Props {
  paths: readonly string[];
  onAdd: (path: string) => void;
  onRemove: (path: string) => void;
}

/** Every istioctl that was found, wherever it was found; nothing is downloaded. */
export function Istioctls({ paths, onAdd, onRemove }: Props) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const { data, error, refetch } = useCall('istioctl_list', {});
  return (
    <>
      {error && <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />}
      {!data && !error && <SkeletonRows rows={2} />}
      {data && (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col" className={styles.version}>
                {t('settings.version')}
              </th>
              <th scope="col">{t('settings.path')}</th>
              <th scope="col">{t('settings.state')}</th>
              <th scope="col" className={styles.act}>
                {t('meshes.action')}
              </th>
            </tr>
          </thead>
          <tbody>
            {data.map((binary) => (
              <tr key={binary.path}>
                <td>
                  <code>{binary.version ?? t('value.unknown')}</code>
                </td>
                <td>
                  <code>{binary.path}</code>
                </td>
                <td>
                  <StateMark tone={binary.problem === null ? 'ok' : 'bad'}>
                    {binary.problem === null ? t('settings.usable') : phrase(binary.problem)}
                  </StateMark>
                </td>
                <td>
                  {paths.includes(binary.path) && (
                    <RemoveButton path={binary.path} onClick={() => onRemove(binary.path)} />
                  )}
                </td>
              </tr>
            ))}
            {data.length === 0 && (
              <tr>
                <td colSpan={4}>{t('settings.noIstioctl')}</td>
              </tr>
            )}
          </tbody>
        </table>
      )}
      <PathList label={t('settings.istioctlPath')} paths={paths} onAdd={onAdd} onRemove={onRemove} addOnly />
    </>
  );
}
