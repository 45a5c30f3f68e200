import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { i18n } from '../../i18n/index.ts';
import { phraseIn, usePhrase } from '../../i18n/phrase.ts';
import type { FindingView, Phrase, Severity } from '../../ipc/index.ts';
import { CommandList } from '../../parts/CommandList.tsx';
import { Source } from '../../parts/Source.tsx';
import { Mark, type Tone } from '../../parts/StateMark.tsx';
import styles from './FindingLines.module.css';
import { foldFindings } from './foldFindings.ts';

export const severityTone: Record<Severity, Tone> = { block: 'bad', warn: 'warn', info: 'idle' };

interface Props {
  findings: readonly FindingView[];
  /** Under each other, where there is no room for a line each. */
  stacked?: boolean;
}

/** One line a finding: how bad, what, where, what follows, and what mends it. */
export function FindingLines({ findings, stacked }: Props) {
  const { t } = useTranslation();
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  return (
    <ul className={styles.findings} data-stacked={stacked} aria-label={t('finding.list')}>
      {foldFindings(findings, unfolded).map((entry) =>
        entry.kind === 'finding' ? (
          <Finding key={entry.key} finding={entry.finding} />
        ) : (
          <li key={entry.key} className={styles.more}>
            {t('finding.more', { count: entry.count })}
            <button
              type="button"
              className={styles.action}
              onClick={() => setUnfolded(new Set([...unfolded, entry.group]))}
            >
              {t('action.show')}
            </button>
          </li>
        ),
      )}
    </ul>
  );
}

function Finding({ finding }: { finding: FindingView }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const [open, setOpen] = useState(false);
  const what = phrase(finding.what);
  const subject = subjectOf(finding, phrase);
  const words = t(open ? 'finding.hideFix' : 'finding.showFix');
  return (
    <li>
      <div className={styles.line} data-severity={finding.severity}>
        <Mark tone={severityTone[finding.severity]} />
        <span className={styles.severity}>{t(`severity.${finding.severity}`)}</span>
        <span className={styles.what}>{what}</span>
        <code className={styles.subject}>{subject}</code>
        <span
          className={styles.then}
          title={t('finding.source', { rule: finding.rule, source: finding.source })}
        >
          {phrase(finding.consequence)}
        </span>
        {(finding.fix ?? finding.remedy) && (
          <button
            type="button"
            className={styles.action}
            aria-expanded={open}
            aria-label={t('finding.fixOf', { action: words, what, subject })}
            onClick={() => setOpen(!open)}
          >
            {words}
          </button>
        )}
      </div>
      {open && (
        <div className={styles.fix}>
          {finding.remedy && <p className={styles.remedy}>{phrase(finding.remedy)}</p>}
          {finding.fix && <CommandList commands={[finding.fix]} />}
          <p className={styles.source}>
            <Source text={t('finding.source', { rule: finding.rule, source: finding.source })} />
          </p>
        </div>
      )}
    </li>
  );
}

/** What could not be read is the subject itself, and is then kept in English. */
function subjectOf({ subject, consequence }: FindingView, phrase: (phrase: Phrase) => string): string {
  const { what } = consequence.nested;
  const isSubject = what && phraseIn(i18n.getFixedT('en-US'), what) === subject;
  return isSubject ? phrase(what) : subject;
}
