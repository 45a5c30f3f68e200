import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import type { Phrase } from '../../ipc/index.ts';
import { StateMark } from '../../parts/StateMark.tsx';
import styles from './TrafficNews.module.css';

/** Lines that are shown; the log has all of them. */
const SHOWN = 3;

/** Traffic rules that changed while the run went on, the latest first. */
export function TrafficNews({ news }: { news: readonly Phrase[] }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const latest = news.map(phrase).reverse().slice(0, SHOWN);
  return (
    <section className={styles.news} aria-label={t('run.traffic', { count: news.length })} role="status">
      <StateMark tone="warn">{t('run.traffic', { count: news.length })}</StateMark>
      <ul>
        {latest.map((line) => (
          <li key={line}>{line}</li>
        ))}
      </ul>
      <p>{t('run.trafficThen')}</p>
    </section>
  );
}
