import { Input } from 'antd';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import type { Acknowledgement, FindingView } from '../../ipc/index.ts';
import styles from './Acknowledgements.module.css';

/** Blocking findings that somebody may take upon themselves. */
export function toAcknowledge(findings: readonly FindingView[]): FindingView[] {
  return findings.filter((finding) => finding.severity === 'block' && finding.acknowledgeable);
}

/** Those of them that have a reason. */
export function acknowledged(
  findings: readonly FindingView[],
  reasons: ReadonlyMap<string, string>,
): Acknowledgement[] {
  return findings.flatMap(({ id }) => {
    const reason = reasons.get(id)?.trim();
    return reason ? [{ finding: id, reason }] : [];
  });
}

interface Props {
  findings: readonly FindingView[];
  reasons: ReadonlyMap<string, string>;
  onReason: (id: string, reason: string) => void;
}

/** Asks for the reason why each blocking finding is all right. */
export function Acknowledgements({ findings, reasons, onReason }: Props) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const titleId = useId();
  if (findings.length === 0) return null;
  return (
    <section className={styles.part} aria-labelledby={titleId}>
      <h3 id={titleId}>{t('confirm.acknowledge')}</h3>
      {findings.map((finding) => {
        const what = `${phrase(finding.what)}, ${finding.subject}`;
        return (
          <div key={finding.id} className={styles.one}>
            <span className={styles.what}>
              {phrase(finding.what)}
              <code>{finding.subject}</code>
            </span>
            <Input
              value={reasons.get(finding.id) ?? ''}
              maxLength={500}
              placeholder={t('confirm.reason')}
              aria-label={t('confirm.reasonFor', { what })}
              onChange={(event) => onReason(finding.id, event.target.value)}
            />
          </div>
        );
      })}
    </section>
  );
}
