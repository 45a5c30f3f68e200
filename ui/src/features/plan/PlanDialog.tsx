import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Button, Checkbox } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { type OperationRequest, type PlanView, toApiError, useDoor } from '../../ipc/index.ts';
import { ConfirmDialog } from '../../parts/ConfirmDialog.tsx';
import { Dialog } from '../../parts/Dialog.tsx';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { SkeletonRows } from '../../parts/Skeleton.tsx';
import { VersionChange } from '../../parts/VersionChange.tsx';
import { RunbookDialog } from '../runbook/RunbookDialog.tsx';
import { FindingLines } from '../upgrade/FindingLines.tsx';
import styles from './PlanDialog.module.css';

/** What the dialog plans: one button of Upgrade Management, or the way back of a run. */
export type Asked =
  | { kind: 'operation'; context: string; operation: OperationRequest }
  | { kind: 'rollBack'; runId: string };

interface Props {
  asked: Asked;
  onClose: () => void;
}

export function PlanDialog({ asked, onClose }: Props) {
  const { t } = useTranslation();
  const door = useDoor();
  const { data, error, refetch } = useQuery({
    queryKey: ['plan', asked],
    queryFn: () =>
      asked.kind === 'operation'
        ? door.call('plan_make', { context: asked.context, operation: asked.operation })
        : door.call('run_roll_back_plan', { runId: asked.runId }),
    gcTime: 0,
    staleTime: 0,
  });
  if (data) return <PlanConfirmation plan={data} onClose={onClose} />;
  return (
    <Dialog title={t('confirm.planning')} width={640} onClose={onClose}>
      {error ? (
        <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />
      ) : (
        <SkeletonRows rows={5} />
      )}
    </Dialog>
  );
}

function PlanConfirmation({ plan, onClose }: { plan: PlanView; onClose: () => void }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const door = useDoor();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [given, setGiven] = useState<ReadonlySet<string>>(new Set());
  const [exporting, setExporting] = useState(false);
  const start = useMutation({
    mutationFn: (typedName: string | null) =>
      door.call('run_start', { digest: plan.digest, consents: [...given], typedName }),
    onSuccess: async ({ runId }) => {
      // Not awaited: a run that has just begun keeps making its list stale.
      void client.invalidateQueries({ queryKey: ['run_list'] });
      onClose();
      await navigate({ to: '/runs/$runId', params: { runId } });
    },
  });

  const toggle = (id: string, on: boolean) => {
    const next = new Set(given);
    if (on) next.add(id);
    else next.delete(id);
    setGiven(next);
  };

  return (
    <ConfirmDialog
      title={t(plan.operation === 'deployCanary' ? 'confirm.titleCanary' : 'confirm.title')}
      subject={
        <>
          {t(`operation.${plan.operation}`)} <VersionChange now={plan.from} after={plan.to} />
        </>
      }
      cluster={plan}
      will={plan.will.map(phrase)}
      willNot={plan.willNot.map(phrase)}
      wayBack={phrase(plan.wayBack)}
      reversible={plan.reversible}
      commands={plan.steps.flatMap((step) => step.commands)}
      start={plan.start}
      ready={plan.consents.every((consent) => given.has(consent.id))}
      busy={start.isPending}
      error={start.error ? toApiError(start.error) : null}
      onConfirm={(typedName) => start.mutate(typedName)}
      onCancel={onClose}
    >
      {plan.findings.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it.
        <section className={styles.findings} aria-label={t('finding.list')} tabIndex={0}>
          <FindingLines findings={plan.findings} stacked />
        </section>
      )}
      <Button size="small" onClick={() => setExporting(true)}>
        {t('planner.export')}
      </Button>
      {exporting && (
        <RunbookDialog
          of={{ kind: 'plan', digest: plan.digest }}
          findings={plan.findings}
          onClose={() => setExporting(false)}
        />
      )}
      {plan.consents.map((consent) => (
        <Checkbox
          key={consent.id}
          className={styles.consent}
          checked={given.has(consent.id)}
          onChange={(event) => toggle(consent.id, event.target.checked)}
        >
          {phrase(consent.question)}
        </Checkbox>
      ))}
    </ConfirmDialog>
  );
}
