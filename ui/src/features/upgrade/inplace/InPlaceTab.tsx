import { useTranslation } from 'react-i18next';
import type { MeshView } from '../../../ipc/index.ts';
import type { MeshState } from '../../../live/mesh.ts';
import { ReasonedButton } from '../../../parts/ReasonedButton.tsx';
import { usePlanDialog } from '../../plan/PlanProvider.tsx';
import { AsmGateways } from '../asm/AsmGateways.tsx';
import { DataPlane } from '../dataplane/DataPlane.tsx';
import { PrecheckBar } from '../PrecheckBar.tsx';
import { StepsBar } from '../StepsBar.tsx';

export function InPlaceTab({ mesh, view }: { mesh: MeshState; view: MeshView }) {
  const { t } = useTranslation();
  const ask = usePlanDialog();
  const { inPlace, target, context } = view;
  const upgrade = () => {
    if (target === null) return;
    ask({ kind: 'operation', context, operation: { kind: 'upgradeControlPlane', target } });
  };
  return (
    <>
      <StepsBar label={t('upgrade.inPlace')} steps={inPlace.steps} />
      <PrecheckBar
        key={target}
        context={context}
        method="inPlace"
        availability={inPlace.precheck}
        result={inPlace.findings}
        target={target}
        checkedFor={inPlace.checkedFor}
        next={
          <ReasonedButton availability={inPlace.upgrade} onClick={upgrade}>
            {t('upgrade.upgrade')}
          </ReasonedButton>
        }
      />
      {view.asm && <AsmGateways context={context} asm={view.asm} all={inPlace.gateways} />}
      <DataPlane mesh={mesh} view={view} restart={inPlace.workloads} gateways={inPlace.gateways} />
    </>
  );
}
