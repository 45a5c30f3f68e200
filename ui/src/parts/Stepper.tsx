import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import type { StepState } from '../ipc/index.ts';
import { Icon } from './Icon.tsx';
import styles from './Stepper.module.css';

export interface Step {
  id: string;
  title: string;
  fact: ReactNode;
  factTone?: 'bad' | 'accent';
  state: StepState;
}

export function Stepper({ label, steps }: { label: string; steps: readonly Step[] }) {
  const { t } = useTranslation();
  return (
    <ol className={styles.steps} aria-label={label}>
      {steps.map((step, index) => (
        <li
          key={step.id}
          data-state={step.state}
          aria-current={step.state === 'current' ? 'step' : undefined}
        >
          <span className={styles.dot} aria-hidden="true">
            {step.state === 'done' ? <Icon name="check" size={12} /> : index + 1}
          </span>
          <span className={styles.text}>
            <span className={styles.title}>
              {step.title}
              <span className="visually-hidden">{t(`step.state.${step.state}`)}</span>
            </span>
            <span className={styles.fact} data-tone={step.factTone}>
              {step.fact}
            </span>
          </span>
          {index < steps.length - 1 && <span className={styles.line} aria-hidden="true" />}
        </li>
      ))}
    </ol>
  );
}
