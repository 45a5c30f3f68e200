import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useCatalogueWords } from '../../i18n/catalogue.ts';
import { usePhrase } from '../../i18n/phrase.ts';
import { useCall } from '../../ipc/cache.ts';
import { type CatalogueView, toApiError } from '../../ipc/index.ts';
import { Dialog } from '../../parts/Dialog.tsx';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { SkeletonRows } from '../../parts/Skeleton.tsx';
import { Source } from '../../parts/Source.tsx';
import { StateMark } from '../../parts/StateMark.tsx';
import page from '../planner/PlannerPage.module.css';
import styles from './CatalogueDialog.module.css';

/** What the app knows of versions, how old it is, and where it comes from. */
export function CatalogueDialog({ onClose }: { onClose: () => void }) {
  const { t } = useTranslation();
  const { data, error, refetch } = useCall('catalogue_get', {}, { anew: true });
  return (
    <Dialog title={t('catalogue.title')} width={980} onClose={onClose}>
      {error && <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />}
      {data ? <Catalogue catalogue={data} /> : !error && <SkeletonRows rows={10} />}
    </Dialog>
  );
}

function Catalogue({ catalogue }: { catalogue: CatalogueView }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const words = useCatalogueWords();
  return (
    <>
      {catalogue.problem && <StateMark tone="bad">{phrase(catalogue.problem)}</StateMark>}
      <Table
        title={t('catalogue.parts')}
        head={[
          t('catalogue.partColumn'),
          t('catalogue.asOfColumn'),
          t('catalogue.originColumn'),
          t('catalogue.countColumn'),
        ]}
        rows={catalogue.parts.map((part) => [
          t(`catalogue.part.${part.kind}`),
          part.asOf,
          t(`catalogue.origin.${part.origin}`),
          part.count,
        ])}
      />
      <Table
        title={t('catalogue.releases')}
        head={[
          t('planner.istio'),
          t('catalogue.released'),
          t('catalogue.ends'),
          t('catalogue.kubernetes'),
          t('catalogue.newest'),
          t('catalogue.sound'),
        ]}
        rows={catalogue.releases.map(({ window, newest, sound, kubernetes }) => [
          <code key="minor">{window.minor}</code>,
          window.released,
          window.ends === null
            ? t('planner.endUnknown')
            : window.estimated
              ? t('catalogue.estimated', { date: window.ends })
              : window.ends,
          kubernetes,
          <code key="newest">{newest}</code>,
          <code key="sound">{sound ?? t('value.none')}</code>,
        ])}
      />
      <Table
        title={t('catalogue.defects')}
        head={[
          t('catalogue.versions'),
          t('catalogue.problem'),
          t('catalogue.fixedIn'),
          t('catalogue.source'),
        ]}
        rows={catalogue.defects.map((defect) => [
          <span key="versions">
            <code>{defect.versions}</code>
            <small>{t(`catalogue.advice.${defect.advice}`)}</small>
          </span>,
          <span key="problem">
            <b>{words(defect.title)}</b>
            <small>{[words(defect.problem), words(defect.condition ?? '')].filter(Boolean).join(' ')}</small>
          </span>,
          defect.fixedIn.join(t('value.comma')),
          `${defect.source} (${defect.id})`,
        ])}
      />
      <Table
        title={t('catalogue.changes')}
        head={[t('planner.minor'), t('planner.whatChanges'), t('catalogue.source')]}
        rows={catalogue.changes.map((change) => [
          <code key="minor">{change.minor}</code>,
          <span key="what">
            {words(change.what)}
            <small>{t('planner.remedy', { remedy: words(change.remedy) })}</small>
          </span>,
          <Source key="source" text={`${change.source} (${change.id})`} />,
        ])}
      />
      <Table
        title={t('catalogue.part.asmVersions')}
        head={[t('catalogue.versions')]}
        rows={[[<code key="all">{catalogue.asm.join(t('value.comma'))}</code>]]}
      />
    </>
  );
}

interface TableProps {
  title: string;
  head: readonly string[];
  rows: readonly (readonly ReactNode[])[];
}

function Table({ title, head, rows }: TableProps) {
  return (
    <section className={styles.part} aria-label={title}>
      <h3>{title}</h3>
      <table className={page.table}>
        <thead>
          <tr>
            {head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((cells, row) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the rows never change their order.
            <tr key={row}>
              {cells.map((cell, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the columns are fixed.
                <td key={column}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
