import styles from './Checkbox.module.css';
import type { Check } from './types.ts';

interface Props {
  check: Check;
  label: string;
  onToggle: () => void;
}

export function Checkbox({ check, label, onToggle }: Props) {
  return (
    <input
      type="checkbox"
      className={styles.box}
      aria-label={label}
      checked={check === 'all'}
      disabled={check === 'disabled'}
      ref={(input) => {
        if (input) input.indeterminate = check === 'some';
      }}
      onChange={onToggle}
    />
  );
}
