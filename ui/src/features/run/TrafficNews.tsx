import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import type { Phrase } from '../../ipc/index.ts';
import { StateMark } from '../../parts/StateMark.tsx';
import styles from './TrafficNews.module.css';

/** Lines that are shown of each kind; the log has all of them. */
const SHOWN = 3;

/** Traffic rules that changed while the run went on, the latest first, and those that are not watched. */
export function TrafficNews({ changes, unseen }: { changes: readonly Phrase[]; unseen: readonly Phrase[] }) {
  const { t } = useTranslation();
  return (
    <>
      {changes.length > 0 && (
        <News
          title={t('run.traffic', { count: changes.length })}
          lines={changes}
          then={t('run.trafficThen')}
        />
      )}
      {unseen.length > 0 && <News title={t('run.unseen')} lines={unseen} />}
    </>
  );
}

function News({ title, lines, then }: { title: string; lines: readonly Phrase[]; then?: string }) {
  const phrase = usePhrase();
  const latest = lines.map((line, index) => ({ index, words: phrase(line) })).reverse();
  return (
    <section className={styles.news} aria-label={title} role="status">
      <StateMark tone="warn">{title}</StateMark>
      <ul>
        {latest.slice(0, SHOWN).map(({ index, words }) => (
          <li key={index}>{words}</li>
        ))}
      </ul>
      {then !== undefined && <p>{then}</p>}
    </section>
  );
}
