import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import type { MeshView, PhraseCode } from '../../ipc/index.ts';
import { Mark, type Tone } from '../../parts/StateMark.tsx';
import styles from './Notices.module.css';

/** What is always so needs no colour. */
const quiet: ReadonlySet<PhraseCode> = new Set(['noteHotPatch', 'noteExpired']);

/** What the user has to know about this mesh before any button. */
export function Notices({ view, simulated }: { view: MeshView; simulated: boolean }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  return (
    <>
      {simulated && <Notice tone="none">{t('notice.simulated')}</Notice>}
      {view.declined && <Notice tone="warn">{phrase(view.declined)}</Notice>}
      {view.foreignRun && (
        <Notice tone="warn">
          {t(view.foreignRun.mayTakeOver ? 'notice.foreignStale' : 'notice.foreign', {
            holder: view.foreignRun.holder,
            operation: view.foreignRun.operation,
          })}
        </Notice>
      )}
      {view.asm?.notes.map((note) => (
        <Notice key={note.code} tone={quiet.has(note.code) ? 'none' : 'warn'}>
          {phrase(note)}
        </Notice>
      ))}
      {view.unreadable.length > 0 && (
        <Notice tone="warn">{t('notice.unreadable', { list: view.unreadable.join('; ') })}</Notice>
      )}
    </>
  );
}

function Notice({ tone, children }: { tone: Tone; children: ReactNode }) {
  return (
    <p className={styles.notice} data-tone={tone} role="note">
      <Mark tone={tone} />
      <span>{children}</span>
    </p>
  );
}
