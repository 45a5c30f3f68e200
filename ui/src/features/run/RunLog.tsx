import { useVirtualizer } from '@tanstack/react-virtual';
import { useLayoutEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { clockTime, exactTime } from '../../i18n/time.ts';
import type { LogLine } from '../../ipc/index.ts';
import { CopyButton } from '../../parts/CopyButton.tsx';
import styles from './RunLog.module.css';
import { logTone } from './tones.ts';
import { useFollowing } from './useFollowing.ts';

export function RunLog({ log, ended }: { log: readonly LogLine[]; ended: boolean }) {
  const { t, i18n } = useTranslation();
  const phrase = usePhrase();
  const scroller = useRef<HTMLDivElement>(null);
  const { follows, onScroll, toEnd } = useFollowing(scroller);
  const virtual = useVirtualizer({
    count: log.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    getItemKey: (index) => log[index]?.seq ?? index,
    overscan: 20,
  });

  // Lines are higher than was thought once they are measured, so the height decides, not the count.
  const height = virtual.getTotalSize();
  useLayoutEffect(() => {
    if (follows && height > 0) toEnd();
  }, [follows, height, toEnd]);

  const text = () => log.map((line) => `${line.at} ${line.kind} ${phrase(line.text)}`).join('\n');

  return (
    <section className={styles.panel} aria-label={t('log.title')}>
      <header className={styles.head}>
        <h2>{t('log.title')}</h2>
        <span className={styles.follows}>
          {ended ? t('log.ended') : t(follows ? 'log.following' : 'log.stopped')}
        </span>
        <CopyButton text={text} label={t('log.copy')} words={t('action.copy')} />
      </header>
      <div
        ref={scroller}
        className={styles.log}
        role="log"
        aria-label={t('log.title')}
        aria-live="off"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region has to be reachable by keyboard
        tabIndex={0}
        onScroll={onScroll}
      >
        <ol style={{ height }}>
          {virtual.getVirtualItems().map((item) => {
            const line = log[item.index];
            if (!line) return null;
            return (
              <li
                key={line.seq}
                ref={virtual.measureElement}
                data-index={item.index}
                data-tone={logTone[line.kind]}
                style={{ transform: `translateY(${item.start}px)` }}
                title={line.command ?? undefined}
              >
                <time dateTime={line.at} title={exactTime(line.at, i18n.language)}>
                  {clockTime(line.at)}
                </time>
                <b>{t(`log.kind.${line.kind}`)}</b>
                <span>{phrase(line.text)}</span>
              </li>
            );
          })}
        </ol>
      </div>
    </section>
  );
}
