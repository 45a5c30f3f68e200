import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ChangeView, HitState, ImpactWord } from '../../ipc/index.ts';
import { StateMark, type Tone } from '../../parts/StateMark.tsx';
import styles from './Changes.module.css';
import page from './PlannerPage.module.css';

const tones: Record<HitState, Tone> = { hit: 'warn', clear: 'ok', undecided: 'idle', noMesh: 'none' };
const impacts: Record<ImpactWord, Tone> = { high: 'warn', medium: 'idle', low: 'none' };
/** Rows that are shown before the rest is asked for: what is hit, then the worst. */
const shown = 6;

/** The changes of one hop: what changes, whether this mesh is hit, and what to do. */
export function Changes({ changes }: { changes: readonly ChangeView[] }) {
  const { t } = useTranslation();
  const [all, setAll] = useState(false);
  if (changes.length === 0) return <p className={styles.none}>{t('planner.noChanges')}</p>;
  const sorted = [...changes].sort((a, b) => weight(a) - weight(b));
  const rest = sorted.length - shown;
  return (
    <>
      <table className={`${page.table} ${styles.changes}`}>
        <thead className="visually-hidden">
          <tr>
            <th scope="col">{t('planner.minor')}</th>
            <th scope="col">{t('planner.whatChanges')}</th>
            <th scope="col">{t('planner.thisMesh')}</th>
            <th scope="col">{t('planner.remedyColumn')}</th>
          </tr>
        </thead>
        <tbody>
          {(all ? sorted : sorted.slice(0, shown)).map((change) => (
            <Change key={change.id} change={change} />
          ))}
        </tbody>
      </table>
      {rest > 0 && !all && (
        <button type="button" className={styles.more} onClick={() => setAll(true)}>
          {t('planner.more', { count: rest })}
        </button>
      )}
    </>
  );
}

function weight({ hit, impact }: ChangeView): number {
  const rank = { high: 0, medium: 1, low: 2 }[impact];
  return (hit === 'hit' ? 0 : 10) + rank;
}

function Change({ change }: { change: ChangeView }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const words = t(open ? 'planner.hideChange' : 'planner.showChange');
  return (
    <tr>
      <td className={styles.minor}>
        <code>{change.minor}</code>
      </td>
      <td className={styles.what}>
        {change.what}
        {open && (
          <div className={styles.more}>
            <p>{t('planner.remedy', { remedy: change.remedy })}</p>
            {change.escape.length > 0 && (
              <p>
                {t('planner.escape', { settings: change.escape.join(t('value.comma')) })}
                {change.escapeGoneIn && (
                  <>
                    {t('value.comma')}
                    {t('planner.escapeGone', { minor: change.escapeGoneIn })}
                  </>
                )}
              </p>
            )}
            <p className={page.source}>{t('planner.hopRule', { rule: change.id, source: change.source })}</p>
          </div>
        )}
      </td>
      <td className={styles.hit}>
        {change.hit === 'noMesh' ? (
          <StateMark tone={impacts[change.impact]}>{t(`planner.impact.${change.impact}`)}</StateMark>
        ) : (
          <StateMark tone={tones[change.hit]}>
            {t(`planner.hit.${change.hit}`, { objects: change.objects.join(t('value.comma')) })}
          </StateMark>
        )}
      </td>
      <td className={styles.action}>
        <button
          type="button"
          aria-expanded={open}
          aria-label={t('planner.showOf', { action: words, id: change.id })}
          onClick={() => setOpen(!open)}
        >
          {words}
        </button>
      </td>
    </tr>
  );
}
