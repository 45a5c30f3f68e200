import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { useCall } from '../../ipc/cache.ts';
import { type ContextRow, toApiError } from '../../ipc/index.ts';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { SkeletonRows } from '../../parts/Skeleton.tsx';
import { mayScan } from '../meshes/useScans.ts';
import { MeshPage } from './MeshPage.tsx';
import { MovedNotice } from './MovedNotice.tsx';
import { AskToOpen, CannotOpen } from './OpenContext.tsx';

export function UpgradePage() {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const { context } = useParams({ from: '/upgrade/$context' });
  const { data, error, refetch } = useCall('context_list', {});
  if (error) return <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />;
  if (!data) return <SkeletonRows rows={12} />;
  const row = data.contexts.find(({ name }) => name === context);
  if (!row) return <CannotOpen name={context} problem={t('open.unknown', { name: context })} />;
  if (row.problem !== null) return <CannotOpen name={context} problem={phrase(row.problem)} />;
  return <Opened key={row.name} row={row} />;
}

/** Opens the context unless that would execute something: then the user is asked first. */
function Opened({ row }: { row: ContextRow }) {
  const [asked, setAsked] = useState(false);
  const open = asked || mayScan(row);
  const { data, error, refetch } = useCall('context_open', { context: row.name }, { enabled: open });
  if (data) {
    return (
      <>
        {row.movedTo !== null && (
          <MovedNotice row={row} movedTo={row.movedTo} onClosed={() => void refetch()} />
        )}
        <MeshPage row={data} />
      </>
    );
  }
  if (error) return <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />;
  return open ? <SkeletonRows rows={12} /> : <AskToOpen row={row} onOpen={() => setAsked(true)} />;
}
