import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCatalogueWords } from '../../i18n/catalogue.ts';
import { usePhrase } from '../../i18n/phrase.ts';
import type { ChangeView, HitState, ImpactWord } from '../../ipc/index.ts';
import { Source } from '../../parts/Source.tsx';
import { StateMark, type Tone } from '../../parts/StateMark.tsx';
import styles from './Changes.module.css';
import page from './PlannerPage.module.css';

const tones: Record<HitState, Tone> = { hit: 'warn', clear: 'ok', undecided: 'idle', noMesh: 'none' };
const impacts: Record<ImpactWord, Tone> = { high: 'warn', medium: 'idle', low: 'none' };
/** Rows that are shown before the rest is asked for: what is hit, then the worst. */
const shown = 6;
/** Objects that a line names before it only counts them. */
const named = 2;

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

/** What is hit, then what nobody could tell, then the rest: the worst of each first. */
function weight({ hit, impact }: ChangeView): number {
  const group = { hit: 0, undecided: 10, noMesh: 10, clear: 20 }[hit];
  return group + { high: 0, medium: 1, low: 2 }[impact];
}

function Change({ change }: { change: ChangeView }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const words = useCatalogueWords();
  const [open, setOpen] = useState(false);
  const action = t(open ? 'planner.hideChange' : 'planner.showChange');
  return (
    <tr>
      <td className={styles.minor}>
        <code>{change.minor}</code>
      </td>
      <td className={styles.what}>
        {words(change.what)}
        {open && (
          <div className={styles.more}>
            <p>{t('planner.remedy', { remedy: words(change.remedy) })}</p>
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
            <p className={page.source}>
              <Source text={t('planner.hopRule', { rule: change.id, source: change.source })} />
            </p>
          </div>
        )}
      </td>
      <td className={styles.hit} data-open={open}>
        {change.hit === 'noMesh' ? (
          <StateMark tone={impacts[change.impact]}>{t(`planner.impact.${change.impact}`)}</StateMark>
        ) : (
          <StateMark tone={tones[change.hit]}>
            {t(`planner.hit.${change.hit}`, { count: change.hits })}
          </StateMark>
        )}
        {change.hits > 0 && <Objects change={change} most={open ? change.objects.length : named} />}
        {change.why && <span className={styles.why}>{phrase(change.why)}</span>}
      </td>
      <td className={styles.action}>
        <button
          type="button"
          aria-expanded={open}
          aria-label={t('planner.showOf', { action, id: change.id })}
          onClick={() => setOpen(!open)}
        >
          {action}
        </button>
      </td>
    </tr>
  );
}

/** The objects that are hit, a line each, and how many more there are. */
function Objects({ change, most }: { change: ChangeView; most: number }) {
  const { t } = useTranslation();
  const shown = change.objects.slice(0, most);
  const rest = change.hits - shown.length;
  return (
    <ul className={styles.objects}>
      {shown.map((object) => (
        <li key={object}>
          <code title={object}>{object}</code>
        </li>
      ))}
      {rest > 0 && <li>{t('planner.hit.more', { count: rest })}</li>}
    </ul>
  );
}
