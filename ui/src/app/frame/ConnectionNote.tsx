import { useTranslation } from 'react-i18next';
import { useScans } from '../../features/meshes/useScans.ts';
import { errorIn } from '../../i18n/phrase.ts';
import { useRelativeTime } from '../../i18n/time.ts';
import { useCall } from '../../ipc/cache.ts';
import type { ConnectionState } from '../../ipc/index.ts';
import { useMesh } from '../../live/useLive.ts';
import { StateMark, type Tone } from '../../parts/StateMark.tsx';
import { useOnMeshes } from '../lastContext.ts';

const tones: Record<ConnectionState, Tone> = {
  reading: 'run',
  connected: 'ok',
  waiting: 'warn',
  lost: 'bad',
  saved: 'none',
};

export function ConnectionNote({ context }: { context: string | undefined }) {
  const onMeshes = useOnMeshes();
  if (context !== undefined) return <MeshConnection context={context} />;
  return onMeshes ? <ContextsRead /> : null;
}

function MeshConnection({ context }: { context: string }) {
  const { t } = useTranslation();
  const relative = useRelativeTime();
  const { connection } = useMesh(context);
  return (
    <span role="status" title={connection.problem ? errorIn(t, connection.problem) : undefined}>
      <StateMark tone={tones[connection.state]}>
        {connection.readAt
          ? t('connection.read', {
              state: t(`connection.${connection.state}`),
              ago: relative(connection.readAt),
            })
          : t(`connection.${connection.state}`)}
      </StateMark>
    </span>
  );
}

function ContextsRead() {
  const { t } = useTranslation();
  const { data } = useCall('context_list', {});
  const scans = useScans(data?.contexts ?? []);
  const read = scans.filter((scan) => scan.summary !== undefined).length;
  const tone = scans.some((scan) => scan.reading) ? 'run' : 'ok';
  return <StateMark tone={tone}>{t('connection.contextsRead', { read, count: scans.length })}</StateMark>;
}
