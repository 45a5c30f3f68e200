import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { WindowView } from '../../ipc/index.ts';
import { CatalogueDialog } from '../catalogue/CatalogueDialog.tsx';
import page from './PlannerPage.module.css';
import styles from './Windows.module.css';

const day = 86_400_000;
const rowHeight = 30;
const left = 52;
const width = 440;
const right = 16;
/** Half the length of the words below the line of today. */
const halfOfToday = 56;
/** What a letter takes at most, at the chart's size. */
const letter = 6.6;

interface Props {
  windows: readonly WindowView[];
  asOf: string;
  /** Minors that the chosen route stops at. */
  stops: ReadonlySet<string>;
}

export function Windows({ windows, asOf, stops }: Props) {
  const { t, i18n } = useTranslation();
  const [catalogue, setCatalogue] = useState(false);
  if (windows.length === 0) return null;
  const now = Date.now();
  const unknownEnd = now + 120 * day;
  const spans = windows.map((window) => ({
    ...window,
    start: Date.parse(window.released),
    end: window.ends === null ? unknownEnd : Date.parse(window.ends),
  }));
  const first = Math.min(now, ...spans.map(({ start }) => start));
  const last = Math.max(now, ...spans.map(({ end }) => end)) + 20 * day;
  const x = (time: number) => left + ((time - first) / (last - first)) * (width - left - right);
  const month = new Intl.DateTimeFormat(i18n.language, { month: 'short', year: '2-digit' });
  const foot = 24 + spans.length * rowHeight;

  return (
    <section aria-label={t('planner.windows')}>
      <header className={page.head}>
        <h2>{t('planner.windows')}</h2>
        <span>{t('planner.windowsNote')}</span>
        <button type="button" className={styles.catalogue} onClick={() => setCatalogue(true)}>
          {t('planner.catalogue', { date: asOf })}
        </button>
      </header>
      {catalogue && <CatalogueDialog onClose={() => setCatalogue(false)} />}
      <svg
        className={styles.chart}
        viewBox={`0 0 ${width} ${foot + 22}`}
        role="img"
        aria-label={spans
          .map(({ minor, released, ends }) => `${minor}: ${released} – ${ends ?? t('value.unknown')}`)
          .join('; ')}
      >
        {quarters(first, last).map((time) => (
          <g key={time} className={styles.tick}>
            <path d={`M${x(time)} 18V${foot}`} />
            <text x={x(time)} y="11">
              {month.format(time)}
            </text>
          </g>
        ))}
        {spans.map(({ minor, start, end, ends, estimated }, row) => {
          const daysLeft = Math.round((end - now) / day);
          const tone = ends === null ? 'idle' : daysLeft < 0 ? 'bad' : daysLeft <= 30 ? 'warn' : 'ok';
          const words =
            ends === null
              ? t('planner.endUnknown')
              : daysLeft < 0
                ? t('planner.ended', { date: ends })
                : t('support.left', { count: daysLeft });
          const said = estimated ? `${words}${t('planner.estimated')}` : words;
          return (
            <g
              key={minor}
              className={styles.window}
              data-tone={tone}
              data-estimated={estimated}
              data-stop={stops.has(minor)}
            >
              <text className={styles.minor} x="16" y={24 + row * rowHeight + 15}>
                {minor}
              </text>
              <rect
                x={x(start)}
                y={24 + row * rowHeight}
                width={Math.max(2, x(end) - x(start))}
                height="20"
                rx="3"
              />
              <text
                className={styles.words}
                {...placeOf(said, x(start), x(end))}
                y={24 + row * rowHeight + 14}
              >
                {said}
              </text>
            </g>
          );
        })}
        <g className={styles.today}>
          <path d={`M${x(now)} 16V${foot}`} />
          <text x={Math.min(x(now), width - halfOfToday)} y={foot + 13}>
            {t('planner.todayOn', { date: new Date(now).toISOString().slice(0, 10) })}
          </text>
        </g>
      </svg>
    </section>
  );
}

/** Inside the bar where the words fit, else behind it, else before it. */
function placeOf(words: string, start: number, end: number): { x: number; textAnchor: 'start' | 'end' } {
  const length = [...words].reduce((sum, sign) => sum + (sign > '\u2e7f' ? 11 : letter), 0);
  if (length + 16 <= end - start) return { x: start + 8, textAnchor: 'start' };
  if (end + 6 + length <= width) return { x: end + 6, textAnchor: 'start' };
  return { x: start - 6, textAnchor: 'end' };
}

function quarters(first: number, last: number): number[] {
  const start = new Date(first);
  const ticks: number[] = [];
  const months = (last - first) / (30 * day);
  const step = months > 20 ? 6 : 3;
  for (let index = 0; index < 12; index += 1) {
    const time = Date.UTC(
      start.getUTCFullYear(),
      Math.ceil(start.getUTCMonth() / step) * step + index * step,
      1,
    );
    if (time > first && time < last - 10 * day) ticks.push(time);
  }
  return ticks;
}
