import { useTranslation } from 'react-i18next';
import type { RouteView } from '../../ipc/index.ts';
import styles from './PlannerPage.module.css';
import own from './RouteTable.module.css';

interface Props {
  routes: readonly RouteView[];
  chosen: number;
  onChoose: (index: number) => void;
}

export function RouteTable({ routes, chosen, onChoose }: Props) {
  const { t } = useTranslation();
  if (routes.length === 0) return <p className={styles.none}>{t('planner.none')}</p>;
  return (
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
        {routes.map((route, index) => {
          const words = route.hops.map(({ method }) => t(`method.${method}`)).join(t('value.comma'));
          return (
            <tr
              key={route.hops.map(({ to, method }) => `${to} ${method}`).join()}
              data-chosen={index === chosen}
            >
              <td className={own.route}>
                <button
                  type="button"
                  aria-pressed={index === chosen}
                  className={own.choose}
                  onClick={() => onChoose(index)}
                >
                  {words}
                </button>
                <span className={own.versions}>
                  {[route.hops[0]?.from, ...route.hops.map(({ to }) => to)].join(t('value.arrowPadded'))}
                </span>
              </td>
              <td data-align="end">{route.hops.length}</td>
              <td data-align="end">{route.restarts}</td>
              <td data-align="end">
                {t('planner.waysOf', { count: route.hops.length, back: route.waysBack })}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
