import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { useRelativeTime } from '../../i18n/time.ts';
import type { MeshView, PhraseCode, SavedView } from '../../ipc/index.ts';
import { Notice } from './Notice.tsx';

/** What is always so needs no colour. */
const quiet: ReadonlySet<PhraseCode> = new Set(['noteHotPatch', 'noteExpired']);

/** What the user has to know about this mesh before any button. */
export function Notices({ view, simulated }: { view: MeshView; simulated: boolean }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  return (
    <>
      {view.saved && <SavedNotice saved={view.saved} />}
      {simulated && <Notice tone="none">{t('notice.simulated')}</Notice>}
      {view.declined && (
        <Notice tone="warn">
          {phrase(view.declined)}
          {view.declined.code === 'declinedAsmUnlinked' && (
            <>
              {' '}
              <Link to="/settings" hash="asm">
                {t('asmLink.open')}
              </Link>
            </>
          )}
        </Notice>
      )}
      {view.foreignRun && (
        <Notice tone="warn">
          {t(view.foreignRun.mayTakeOver ? 'notice.foreignStale' : 'notice.foreign', {
            holder: view.foreignRun.holder,
            operation: view.foreignRun.operation
              ? t(`operation.${view.foreignRun.operation}`)
              : t('notice.someRun'),
          })}
          {view.foreignRun.step && ` · ${t('notice.foreignStep', { step: view.foreignRun.step })}`}
        </Notice>
      )}
      {view.asm?.notes.map((note) => (
        <Notice key={note.code} tone={quiet.has(note.code) ? 'none' : 'warn'}>
          {phrase(note)}
        </Notice>
      ))}
      {view.unreadable.length > 0 && (
        <Notice tone="warn">{view.unreadable.map(phrase).join(t('value.semicolon'))}</Notice>
      )}
    </>
  );
}

/** Old facts are easily taken for the mesh itself: the age is said, and that nothing runs here. */
function SavedNotice({ saved }: { saved: SavedView }) {
  const { t } = useTranslation();
  const relative = useRelativeTime();
  return (
    <Notice tone="warn">
      <span title={saved.at}>
        {t('snapshot.notice', { mesh: saved.context, ago: relative(saved.at), by: saved.by })}
      </span>
    </Notice>
  );
}
