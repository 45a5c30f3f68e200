import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Button, Checkbox } from 'antd';
import { type PropsWithChildren, useState } from 'react';
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
import { Acknowledgements, acknowledged, toAcknowledge } from './Acknowledgements.tsx';
import { Pace, type Restart } from './Pace.tsx';
import styles from './PlanDialog.module.css';

/** What the dialog plans: one button of Upgrade Management, or the way back of a run. */
export type Asked =
  | { kind: 'operation'; context: string; operation: OperationRequest }
  | { kind: 'rollBack'; runId: string };

interface Props {
  asked: Asked;
  onClose: () => void;
}

export function PlanDialog({ asked: initial, onClose }: Props) {
  const { t } = useTranslation();
  const door = useDoor();
  const [asked, setAsked] = useState(initial);
  const { data, error, refetch, isPlaceholderData } = useQuery({
    queryKey: ['plan', asked],
    queryFn: () =>
      asked.kind === 'operation'
        ? door.call('plan_make', { context: asked.context, operation: asked.operation })
        : door.call('run_roll_back_plan', { runId: asked.runId }),
    gcTime: 0,
    staleTime: 0,
    placeholderData: keepPreviousData,
  });
  if (data && !error) {
    return (
      <PlanConfirmation plan={data} replanning={isPlaceholderData} onClose={onClose}>
        {asked.kind === 'operation' && hasPace(asked.operation) && (
          <Pace restart={asked.operation} onChange={(operation) => setAsked({ ...asked, operation })} />
        )}
      </PlanConfirmation>
    );
  }
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

/** A single workload goes first, alone, whatever is chosen. */
function hasPace(operation: OperationRequest): operation is Restart {
  return operation.kind === 'restart' && operation.workloads.length > 1;
}

interface ConfirmationProps {
  plan: PlanView;
  /** Another plan is being made: the one that is shown may not be started any more. */
  replanning: boolean;
  onClose: () => void;
}

function PlanConfirmation({ plan, replanning, onClose, children }: PropsWithChildren<ConfirmationProps>) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const door = useDoor();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [given, setGiven] = useState<ReadonlySet<string>>(new Set());
  const [reasons, setReasons] = useState<ReadonlyMap<string, string>>(new Map());
  const blocking = toAcknowledge(plan.findings);
  const consents = plan.consents.map(({ id }) => id).filter((id) => given.has(id));
  const [exporting, setExporting] = useState(false);
  const start = useMutation({
    mutationFn: (typedName: string | null) =>
      door.call('run_start', {
        digest: plan.digest,
        consents,
        acknowledgements: acknowledged(blocking, reasons),
        typedName,
      }),
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
      ready={
        plan.consents.every((consent) => given.has(consent.id)) &&
        acknowledged(blocking, reasons).length === blocking.length
      }
      busy={start.isPending || replanning}
      error={start.error ? toApiError(start.error) : null}
      onConfirm={(typedName) => start.mutate(typedName)}
      onCancel={onClose}
    >
      {children}
      {plan.findings.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard has to reach it.
        <section className={styles.findings} aria-label={t('finding.list')} tabIndex={0}>
          <FindingLines findings={plan.findings} stacked />
        </section>
      )}
      <Acknowledgements
        findings={blocking}
        reasons={reasons}
        onReason={(id, reason) => setReasons(new Map([...reasons, [id, reason]]))}
      />
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
