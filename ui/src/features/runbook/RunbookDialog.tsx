import { useMutation, useQuery } from '@tanstack/react-query';
import { Input, Radio } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { useCall } from '../../ipc/cache.ts';
import {
  type FindingView,
  type IfExists,
  type RunbookForm,
  type RunbookOf,
  type RunbookRequest,
  toApiError,
  useDoor,
} from '../../ipc/index.ts';
import { CopyButton } from '../../parts/CopyButton.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { SaveForm } from '../../parts/SaveForm.tsx';
import { SkeletonRows } from '../../parts/Skeleton.tsx';
import styles from './RunbookDialog.module.css';

const forms: readonly RunbookForm[] = ['markdown', 'html', 'json'];
const endings: Record<RunbookForm, string> = { markdown: 'md', html: 'html', json: 'json' };

interface Props {
  of: RunbookOf;
  /** Findings that may be accepted with a reason. */
  findings?: readonly FindingView[];
  onClose: () => void;
}

/** A plan or a route as a document: to read, to copy, to keep. */
export function RunbookDialog({ of, findings = [], onClose }: Props) {
  const { t, i18n } = useTranslation();
  const door = useDoor();
  const { data: info } = useCall('app_info', {});
  const [form, setForm] = useState<RunbookForm>('markdown');
  const [reasons, setReasons] = useState<ReadonlyMap<string, string>>(new Map());
  const request: RunbookRequest = {
    of,
    language: i18n.language,
    acknowledged: findings.flatMap(({ rule, subject }) => {
      const reason = reasons.get(`${rule} ${subject}`)?.trim();
      return reason ? [{ rule, subject, reason }] : [];
    }),
  };
  const { data, error, refetch } = useQuery({
    queryKey: ['runbook_make', request],
    queryFn: () => door.call('runbook_make', request),
    placeholderData: (previous) => previous,
    gcTime: 0,
  });
  const save = useMutation({
    mutationFn: (to: { path: string; ifExists: IfExists }) =>
      door.call('runbook_save', { runbook: request, form, ...to }),
  });
  return (
    <Dialog title={t('runbookDialog.title')} width={860} onClose={onClose}>
      {error && <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />}
      <Acceptances findings={findings} reasons={reasons} onChange={setReasons} />
      <div className={styles.bar}>
        <Radio.Group
          aria-label={t('runbookDialog.form')}
          value={form}
          onChange={(event) => {
            setForm(event.target.value);
            save.reset();
          }}
          options={forms.map((value) => ({ value, label: t(`runbookDialog.${value}`) }))}
          optionType="button"
          size="small"
        />
        {data && (
          <CopyButton text={data[form]} label={t('runbookDialog.copy')} words={t('runbookDialog.copy')} />
        )}
      </div>
      {data ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it.
        <section className={styles.preview} aria-label={t('runbookDialog.preview')} tabIndex={0}>
          <pre>{data[form]}</pre>
        </section>
      ) : (
        !error && <SkeletonRows rows={8} />
      )}
      {data && (
        <SaveForm
          key={form}
          label={t('runbookDialog.file')}
          action={t('runbookDialog.save')}
          suggestion={info ? `${info.dataFolder}/${data.name}.${endings[form]}` : ''}
          busy={save.isPending}
          error={save.error ? toApiError(save.error) : null}
          done={save.data && t('runbookDialog.saved', { path: save.data.path })}
          onSave={(path, ifExists) => save.mutate({ path, ifExists })}
        />
      )}
    </Dialog>
  );
}

interface AcceptancesProps {
  findings: readonly FindingView[];
  reasons: ReadonlyMap<string, string>;
  onChange: (reasons: ReadonlyMap<string, string>) => void;
}

function Acceptances({ findings, reasons, onChange }: AcceptancesProps) {
  const { t } = useTranslation();
  if (findings.length === 0) return null;
  return (
    <details className={styles.accepted}>
      <summary>{t('runbookDialog.accept')}</summary>
      {findings.map((finding) => {
        const key = `${finding.rule} ${finding.subject}`;
        return (
          <Acceptance
            key={key}
            finding={finding}
            reason={reasons.get(key) ?? ''}
            onChange={(reason) => onChange(new Map(reasons).set(key, reason))}
          />
        );
      })}
    </details>
  );
}

interface AcceptanceProps {
  finding: FindingView;
  reason: string;
  onChange: (reason: string) => void;
}

function Acceptance({ finding, reason, onChange }: AcceptanceProps) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const id = useId();
  return (
    <p className={styles.reason}>
      <label htmlFor={id}>
        {t('runbookDialog.reason', { what: phrase(finding.what), subject: finding.subject })}
      </label>
      <Input id={id} size="small" value={reason} onChange={(event) => onChange(event.target.value)} />
    </p>
  );
}
