import { usePageContext } from '../lastContext.ts';
import { ConnectionNote } from './ConnectionNote.tsx';
import { ContextSwitcher } from './ContextSwitcher.tsx';
import { LanguageSwitch } from './LanguageSwitch.tsx';
import { ReadOnlySwitch } from './ReadOnlySwitch.tsx';
import { ThemeButton } from './ThemeButton.tsx';
import styles from './TopBar.module.css';

export function TopBar() {
  const context = usePageContext();
  return (
    <header className={styles.bar}>
      <ContextSwitcher context={context} />
      <ReadOnlySwitch />
      <div className={styles.right}>
        <ConnectionNote context={context} />
        <LanguageSwitch />
        <ThemeButton />
      </div>
    </header>
  );
}
