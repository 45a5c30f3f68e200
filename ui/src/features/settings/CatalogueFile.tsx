import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { useCall } from '../../ipc/cache.ts';
import { StateMark } from '../../parts/StateMark.tsx';
import { CatalogueDialog } from '../catalogue/CatalogueDialog.tsx';
import { PathList } from './PathList.tsx';
import styles from './SettingsPage.module.css';

interface Props {
  file: string | null;
  onChange: (file: string | null) => void;
}

/** The file that replaces parts of the catalogue, and whether it is used. */
export function CatalogueFile({ file, onChange }: Props) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const { data } = useCall('catalogue_get', {});
  const [open, setOpen] = useState(false);
  return (
    <>
      {data?.problem && (
        <p className={styles.problem} role="alert">
          <StateMark tone="bad">{phrase(data.problem)}</StateMark>
        </p>
      )}
      {data && file !== null && data.file === file && !data.problem && (
        <p className={styles.problem}>
          <StateMark tone="ok">{t('settings.catalogueUsed')}</StateMark>
        </p>
      )}
      <PathList
        label={t('settings.cataloguePath')}
        paths={file === null ? [] : [file]}
        onAdd={onChange}
        onRemove={() => onChange(null)}
      />
      <p className={styles.problem}>
        <Button size="small" onClick={() => setOpen(true)}>
          {t('settings.catalogueShow')}
        </Button>
      </p>
      {open && <CatalogueDialog onClose={() => setOpen(false)} />}
    </>
  );
}
