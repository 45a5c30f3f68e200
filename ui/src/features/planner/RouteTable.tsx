import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import type { RouteList, RouteView } from '../../ipc/index.ts';
import styles from './PlannerPage.module.css';
import own from './RouteTable.module.css';

interface Props {
  list: RouteList;
  chosen: number;
  onChoose: (index: number) => void;
}

export function RouteTable({ list, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  if (list.routes.length === 0) return <p className={styles.none}>{t('planner.none')}</p>;
  return (
    <>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t('planner.route')}</th>
            <th scope="col" data-align="end">
              {t('planner.hops')}
            </th>
            <th scope="col" data-align="end">
              {t('planner.restarts')}
            </th>
            <th scope="col" data-align="end">
              {t('planner.waysBack')}
            </th>
          </tr>
        </thead>
        <tbody>
          {list.routes.map((route, index) => (
            <Route
              key={route.hops.map(({ to, method }) => `${to} ${method}`).join()}
              route={route}
              chosen={index === chosen}
              onChoose={() => onChoose(index)}
            />
          ))}
        </tbody>
      </table>
      {list.more && <p className={styles.none}>{t('planner.moreRoutes')}</p>}
    </>
  );
}

function Route({ route, chosen, onChoose }: { route: RouteView; chosen: boolean; onChoose: () => void }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const words = route.hops.map(({ method }) => t(`method.${method}`)).join(t('value.comma'));
  const kubernetes =
    route.kubernetesUpgrades > 0
      ? t('planner.kubernetesUpgrades', { count: route.kubernetesUpgrades })
      : null;
  const notes = [route.behind ? phrase(route.behind) : t('planner.best'), kubernetes].filter(Boolean);
  return (
    <tr data-chosen={chosen}>
      <td className={own.route}>
        <button type="button" aria-pressed={chosen} className={own.choose} onClick={onChoose}>
          {words}
        </button>
        <span className={own.notes}>
          <span className={own.versions}>
            {[route.hops[0]?.from, ...route.hops.map(({ to }) => to)].join(t('value.arrowPadded'))}
          </span>
          {t('value.dot')}
          {notes.join(t('value.dot'))}
        </span>
      </td>
      <td data-align="end">{route.hops.length}</td>
      <td data-align="end">{route.restarts}</td>
      <td data-align="end">{t('planner.waysOf', { count: route.hops.length, back: route.waysBack })}</td>
    </tr>
  );
}
