import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import type { TodoView } from '../../ipc/index.ts';
import { Source } from '../../parts/Source.tsx';
import page from './PlannerPage.module.css';

/** What has to be done before the hops. */
export function First({ todo }: { todo: readonly TodoView[] }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  if (todo.length === 0) return null;
  return (
    <section aria-label={t('planner.first')}>
      <header className={page.head}>
        <h2>{t('planner.first')}</h2>
        <span>{t('planner.firstNote')}</span>
      </header>
      <table className={page.table}>
        <tbody>
          {todo.map((one) => {
            const what = phrase(one.what);
            return (
              <tr key={`${one.hop} ${what}`}>
                <th scope="row" className={page.hopColumn}>
                  {one.hop === null ? t('planner.allHops') : t('planner.hop', { number: one.hop })}
                </th>
                <td>{what}</td>
                <td className={page.source}>{one.source && <Source text={one.source} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
