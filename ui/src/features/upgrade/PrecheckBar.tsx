import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import {
  type Availability,
  type Method,
  type PrecheckView,
  type Severity,
  toApiError,
  useDoor,
} from '../../ipc/index.ts';
import { Ago } from '../../parts/Ago.tsx';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { ReasonedButton } from '../../parts/ReasonedButton.tsx';
import { SkeletonBar } from '../../parts/Skeleton.tsx';
import { StateMark } from '../../parts/StateMark.tsx';
import { FindingLines } from './FindingLines.tsx';
import styles from './PrecheckBar.module.css';

interface Props {
  context: string;
  method: Method;
  availability: Availability;
  result: PrecheckView | null;
  /** The version that is chosen now. */
  target: string | null;
  /** The version that the last precheck was for, where it was another. */
  checkedFor: string | null;
  /** The button that the precheck opens the way to. */
  next: ReactNode;
}

export function PrecheckBar({ context, method, availability, result, target, checkedFor, next }: Props) {
  const { t } = useTranslation();
  const door = useDoor();
  const run = useMutation({ mutationFn: () => door.call('precheck_run', { context, method }) });
  // The answer may come before the view does, and after the target has changed.
  const answered = run.data?.target === target ? run.data : null;
  const shown = result ?? answered;
  return (
    <section className={styles.precheck} aria-label={t('step.precheck')}>
      <div className={styles.bar}>
        <ReasonedButton
          type={shown ? 'default' : 'primary'}
          reasonAfter
          availability={availability}
          loading={run.isPending}
          onClick={() => run.mutate()}
        >
          {t('upgrade.precheck')}
        </ReasonedButton>
        <span className={styles.result} role="status">
          {run.isPending ? (
            <SkeletonBar width={320} />
          ) : shown ? (
            <Result view={shown} />
          ) : checkedFor !== null && target !== null ? (
            <StateMark tone="warn">{t('finding.otherTarget', { target, checked: checkedFor })}</StateMark>
          ) : target === null ? null : (
            t('finding.notRun')
          )}
        </span>
        <span className={styles.next}>{next}</span>
      </div>
      {run.error && <ErrorLine error={toApiError(run.error)} onRetry={() => run.mutate()} />}
      {shown && shown.findings.length > 0 && (
        <div className={styles.findings}>
          <FindingLines findings={shown.findings} />
        </div>
      )}
    </section>
  );
}

function Result({ view }: { view: PrecheckView }) {
  const { t } = useTranslation();
  const count = (severity: Severity) =>
    view.findings.filter((finding) => finding.severity === severity).length;
  const blocking = count('block');
  const warnings = count('warn');
  const notes = count('info');
  return (
    <>
      {blocking > 0 && (
        <StateMark tone="bad" strong>
          {t('finding.blocking', { count: blocking })}
        </StateMark>
      )}
      {warnings > 0 && (
        <StateMark tone="warn" strong>
          {t('finding.warnings', { count: warnings })}
        </StateMark>
      )}
      {notes > 0 && <StateMark tone="idle">{t('finding.notes', { count: notes })}</StateMark>}
      <StateMark tone="ok">{t('finding.passed', { count: view.passed })}</StateMark>
      {view.unknown > 0 && <StateMark tone="none">{t('finding.unknown', { count: view.unknown })}</StateMark>}
      <span className={styles.when}>
        {t('finding.lastRun')} <Ago at={view.at} />
        {t('value.dot')}
        {t('finding.notExhaustive')}
      </span>
    </>
  );
}
