import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../../i18n/phrase.ts';
import type { AsmGatewayView, AsmView, Availability, OperationRequest } from '../../../ipc/index.ts';
import { ReasonedButton } from '../../../parts/ReasonedButton.tsx';
import { StateMark } from '../../../parts/StateMark.tsx';
import { toneOf } from '../../../parts/tone.ts';
import { usePlanDialog } from '../../plan/PlanProvider.tsx';
import styles from './AsmGateways.module.css';

interface Props {
  context: string;
  asm: AsmView;
  all: Availability;
}

/** The console's section Data Plane: one row for each gateway, each upgraded by itself. */
export function AsmGateways({ context, asm, all }: Props) {
  const { t } = useTranslation();
  const ask = usePlanDialog();
  const operate = (operation: OperationRequest) => ask({ kind: 'operation', context, operation });
  return (
    <section className={styles.section} aria-label={t('asm.gateways')}>
      <header className={styles.head}>
        <h2>{t('asm.gateways')}</h2>
        {asm.gateways.length > 1 && all.available && (
          <ReasonedButton
            size="small"
            availability={all}
            onClick={() => operate({ kind: 'upgradeGateways' })}
          >
            {t('asm.upgradeAll')}
          </ReasonedButton>
        )}
      </header>
      {asm.gateways.length === 0 ? (
        <p className={styles.none}>{t('asm.none')}</p>
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{t('asm.gateway')}</th>
              <th scope="col" className={styles.number}>
                {t('asm.pods')}
              </th>
              <th scope="col">{t('asm.version')}</th>
              <th scope="col">{t('asm.gatewayState')}</th>
              <th scope="col">{t('asm.upgrade')}</th>
              <th scope="col">{t('asm.canary')}</th>
            </tr>
          </thead>
          <tbody>
            {asm.gateways.map((gateway) => (
              <Line key={gateway.id} gateway={gateway} operate={operate} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

interface LineProps {
  gateway: AsmGatewayView;
  operate: (operation: OperationRequest) => void;
}

function Line({ gateway, operate }: LineProps) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const { id, name } = gateway;
  const ends = gateway.endCanary.available;
  const canaryAction = t(ends ? 'asm.endCanary' : 'asm.startCanary');
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className={styles.number}>{gateway.replicas}</td>
      <td>
        <code>{gateway.versions.join(t('value.comma'))}</code>
      </td>
      <td>
        <StateMark tone={toneOf[gateway.mark]}>{phrase(gateway.state)}</StateMark>
      </td>
      <td>
        <ReasonedButton
          reasonAfter
          size="small"
          aria-label={t('dataPlane.actionOn', { action: t('asm.upgradeGateway'), name })}
          availability={gateway.upgrade}
          onClick={() => operate({ kind: 'upgradeNamedGateways', gateways: [id] })}
        >
          {t('asm.upgradeGateway')}
        </ReasonedButton>
      </td>
      <td>
        <ReasonedButton
          reasonAfter
          size="small"
          aria-label={t('dataPlane.actionOn', { action: canaryAction, name })}
          availability={ends ? gateway.endCanary : gateway.startCanary}
          onClick={() => operate({ kind: 'gatewayCanary', gateway: id, wish: ends ? 'unwanted' : 'wanted' })}
        >
          {canaryAction}
        </ReasonedButton>
      </td>
    </tr>
  );
}
