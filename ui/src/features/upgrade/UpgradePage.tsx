import { useQueryClient } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { queryOf, useCall } from '../../ipc/cache.ts';
import { type ContextRow, toApiError, useDoor } from '../../ipc/index.ts';
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
  const door = useDoor();
  const open = asked || mayScan(row);
  const client = useQueryClient();
  const { data, error, refetch } = useCall('context_open', { context: row.name }, { enabled: open });
  // The page of what was closed goes first: it would show the old mesh until the new one is open.
  const openAnew = () =>
    void client.resetQueries({ queryKey: queryOf(door, 'context_open', { context: row.name }).queryKey });
  if (data) {
    return (
      <>
        {row.movedTo !== null && <MovedNotice row={row} movedTo={row.movedTo} onClosed={openAnew} />}
        <MeshPage row={data} />
      </>
    );
  }
  if (error) return <ErrorLine error={toApiError(error)} onRetry={() => void refetch()} />;
  return open ? <SkeletonRows rows={12} /> : <AskToOpen row={row} onOpen={() => setAsked(true)} />;
}
