import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import type { StepView } from '../../ipc/index.ts';
import { Stepper } from '../../parts/Stepper.tsx';

export function StepsBar({ label, steps }: { label: string; steps: readonly StepView[] }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  return (
    <Stepper
      label={label}
      steps={steps.map(({ step, state, fact, mark }) => ({
        id: step,
        title: t(`step.${step}`),
        fact: phrase(fact),
        factTone: mark === 'bad' ? 'bad' : mark === 'busy' ? 'accent' : undefined,
        state,
      }))}
    />
  );
}
