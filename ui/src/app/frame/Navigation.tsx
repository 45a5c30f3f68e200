import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Icon, type IconName } from '../../parts/Icon.tsx';
import { useLastContext, usePlannedContext } from '../lastContext.ts';
import styles from './Navigation.module.css';

const key = 'meshlift.navigation';

export function Navigation() {
  const { t } = useTranslation();
  const [collapsed, setCollapsed] = useState(() => {
    const kept = localStorage.getItem(key);
    return kept === null ? window.innerWidth < 1180 : kept === 'collapsed';
  });
  const context = useLastContext();
  const planned = usePlannedContext(context);
  const toggle = () => {
    localStorage.setItem(key, collapsed ? 'open' : 'collapsed');
    setCollapsed(!collapsed);
  };
  const toggleLabel = t(collapsed ? 'nav.expand' : 'nav.collapse');

  return (
    <nav className={styles.nav} data-collapsed={collapsed} aria-label={t('nav.label')}>
      <p className={styles.brand}>
        <Icon name="brand" size={20} />
        <span className={styles.word}>{t('app.name')}</span>
      </p>
      <Link to="/meshes" title={t('nav.meshes')} className={styles.item}>
        <Item icon="meshes" word={t('nav.meshes')} />
      </Link>
      {context === undefined ? (
        <Link to="/upgrade" title={t('nav.upgrade')} className={styles.item}>
          <Item icon="upgrade" word={t('nav.upgrade')} />
        </Link>
      ) : (
        <UpgradeLink context={context} />
      )}
      <Link
        to="/planner"
        search={planned === undefined ? {} : { context: planned }}
        activeOptions={{ includeSearch: false }}
        title={t('nav.planner')}
        className={styles.item}
      >
        <Item icon="planner" word={t('nav.planner')} />
      </Link>
      <Link to="/history" title={t('nav.history')} className={styles.item}>
        <Item icon="history" word={t('nav.history')} />
      </Link>
      <Link to="/settings" title={t('nav.settings')} className={styles.item}>
        <Item icon="settings" word={t('nav.settings')} />
      </Link>
      <button
        type="button"
        className={`${styles.item} ${styles.fold}`}
        aria-expanded={!collapsed}
        aria-label={toggleLabel}
        title={toggleLabel}
        onClick={toggle}
      >
        <Item icon={collapsed ? 'expand' : 'collapse'} word={t('nav.collapse')} />
      </button>
    </nav>
  );
}

function UpgradeLink({ context }: { context: string }) {
  const { t } = useTranslation();
  return (
    <Link
      to="/upgrade/$context"
      params={{ context }}
      activeOptions={{ includeSearch: false }}
      title={t('nav.upgrade')}
      className={styles.item}
    >
      <Item icon="upgrade" word={t('nav.upgrade')} />
    </Link>
  );
}

function Item({ icon, word }: { icon: IconName; word: string }) {
  return (
    <>
      <Icon name={icon} />
      <span className={styles.word}>{word}</span>
    </>
  );
}
