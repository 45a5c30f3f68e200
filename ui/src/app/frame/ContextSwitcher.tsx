import { useNavigate } from '@tanstack/react-router';
import { type GetRef, Select } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCall } from '../../ipc/cache.ts';
import type { ContextRow } from '../../ipc/index.ts';
import { ContextStrip, ContextTag, isProduction } from '../../parts/ContextTag.tsx';
import { serverOf } from '../../parts/server.ts';
import styles from './ContextSwitcher.module.css';

const all = '';
const applePlatform = /mac|iphone|ipad/i;

export function ContextSwitcher({ context }: { context: string | undefined }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const { data } = useCall('context_list', {});
  const [open, setOpen] = useState(false);
  const select = useRef<GetRef<typeof Select>>(null);
  const contexts = data?.contexts ?? [];
  const tag = contexts.find(({ name }) => name === context)?.tag;

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      select.current?.focus();
      setOpen(true);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  const choose = (name: string) => {
    setOpen(false);
    void (name === all
      ? navigate({ to: '/meshes' })
      : navigate({ to: '/upgrade/$context', params: { context: name } }));
  };

  return (
    <div className={styles.switcher} data-production={isProduction(tag) || undefined}>
      <Select
        ref={select}
        className={styles.select}
        variant="borderless"
        aria-label={t('top.context')}
        value={context ?? all}
        open={open}
        onOpenChange={setOpen}
        onChange={choose}
        showSearch={{ optionFilterProp: 'search' }}
        popupMatchSelectWidth={380}
        listHeight={420}
        notFoundContent={t('top.noContext')}
        options={[
          { value: all, search: t('top.allContexts'), label: t('top.allContexts') },
          ...contexts.map((row) => ({
            value: row.name,
            search: `${row.name} ${row.tag ?? ''} ${serverOf(t, row)}`,
            label: <Option row={row} />,
          })),
        ]}
        labelRender={({ value, label }) => label ?? value}
      />
      <kbd className={styles.key}>{t(applePlatform.test(navigator.platform) ? 'top.keyMac' : 'top.key')}</kbd>
    </div>
  );
}

function Option({ row }: { row: ContextRow }) {
  const { t } = useTranslation();
  return (
    <span className={styles.option}>
      <ContextStrip tag={row.tag} />
      <span className={styles.name}>{row.name}</span>
      {row.tag && <ContextTag tag={row.tag} />}
      <span className={styles.server}>{serverOf(t, row).replace(/^https?:\/\//, '')}</span>
    </span>
  );
}
