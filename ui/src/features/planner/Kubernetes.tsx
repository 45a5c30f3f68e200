import { useTranslation } from 'react-i18next';
import type { WindowView } from '../../ipc/index.ts';
import { compareVersions } from './graph.ts';
import styles from './Kubernetes.module.css';
import page from './PlannerPage.module.css';

export function Kubernetes({ windows, version }: { windows: readonly WindowView[]; version: string | null }) {
  const { t } = useTranslation();
  const minors = [...new Set(windows.flatMap(({ kubernetes }) => kubernetes))].sort(compareVersions);
  if (minors.length === 0) return null;
  const misfits = windows.filter(({ kubernetes }) => version !== null && !kubernetes.includes(version));
  const verdict =
    version === null
      ? t('planner.noKubernetes')
      : misfits.length === 0
        ? t('planner.fits', { version })
        : t('planner.fitsNot', { version, list: misfits.map(({ minor }) => minor).join(t('value.comma')) });
  return (
    <section aria-label={t('planner.kubernetes')}>
      <header className={page.head}>
        <h2>{t('planner.kubernetes')}</h2>
        <span>{verdict}</span>
      </header>
      <table className={`${page.table} ${styles.fit}`}>
        <thead>
          <tr>
            <th scope="col">{t('planner.istio')}</th>
            {minors.map((minor) => (
              <th key={minor} scope="col" data-asked={minor === version || undefined}>
                {minor}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {windows.map((window) => (
            <tr key={window.minor}>
              <th scope="row">
                <code>{window.minor}</code>
              </th>
              {minors.map((minor) => {
                const fits = window.kubernetes.includes(minor);
                return (
                  <td key={minor} data-asked={minor === version || undefined} data-fits={fits}>
                    <span aria-hidden="true">{t(fits ? 'value.check' : 'value.dash')}</span>
                    <span className="visually-hidden">
                      {t(fits ? 'planner.fitsCell' : 'planner.fitsNotCell')}
                    </span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
