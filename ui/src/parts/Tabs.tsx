import type { KeyboardEvent } from 'react';
import styles from './Tabs.module.css';

interface Props<Id extends string> {
  label: string;
  tabs: readonly (readonly [Id, string])[];
  active: Id;
  onChange: (id: Id) => void;
  /** Boxed tabs stand inside a page whose own tabs are underlined. */
  boxed?: boolean;
  panelId: string;
}

export function Tabs<Id extends string>({ label, tabs, active, onChange, boxed, panelId }: Props<Id>) {
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    const at = tabs.findIndex(([id]) => id === active);
    const next = (at + step + tabs.length) % tabs.length;
    const id = tabs[next]?.[0];
    if (id === undefined) return;
    onChange(id);
    event.currentTarget.querySelectorAll<HTMLElement>('[role="tab"]')[next]?.focus();
  };
  return (
    <div
      role="tablist"
      aria-label={label}
      className={boxed ? styles.boxed : styles.tabs}
      onKeyDown={onKeyDown}
    >
      {tabs.map(([id, words]) => (
        <button
          key={id}
          type="button"
          role="tab"
          aria-selected={id === active}
          aria-controls={id === active ? panelId : undefined}
          tabIndex={id === active ? 0 : -1}
          onClick={() => onChange(id)}
        >
          {words}
        </button>
      ))}
    </div>
  );
}
