import { useMutation } from '@tanstack/react-query';
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { useCall } from '../../ipc/cache.ts';
import { type IfExists, toApiError, useDoor } from '../../ipc/index.ts';
import { Dialog } from '../../parts/Dialog.tsx';
import { SaveForm } from '../../parts/SaveForm.tsx';

/** The button that saves an open mesh for another computer. */
export function SaveSnapshot({ context }: { context: string }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button onClick={() => setOpen(true)}>{t('snapshot.save')}</Button>
      {open && <SaveDialog context={context} onClose={() => setOpen(false)} />}
    </>
  );
}

function SaveDialog({ context, onClose }: { context: string; onClose: () => void }) {
  const { t } = useTranslation();
  const door = useDoor();
  const { data: info } = useCall('app_info', {});
  const save = useMutation({
    mutationFn: (to: { path: string; ifExists: IfExists }) => door.call('snapshot_save', { context, ...to }),
  });
  return (
    <Dialog title={t('snapshot.saveTitle')} width={600} onClose={onClose}>
      <p>{t('snapshot.saveNote')}</p>
      <SaveForm
        label={t('snapshot.file')}
        action={t('snapshot.doSave')}
        suggestion={info ? `${info.dataFolder}/${fileName(context)}` : ''}
        busy={save.isPending}
        error={save.error ? toApiError(save.error) : null}
        done={
          save.data && t('snapshot.saved', { path: save.data.path, size: Math.ceil(save.data.bytes / 1024) })
        }
        onSave={(path, ifExists) => save.mutate({ path, ifExists })}
      />
    </Dialog>
  );
}

function fileName(context: string): string {
  const day = new Date().toISOString().slice(0, 10);
  return `${context.replace(/[^\w.-]+/g, '-')}-${day}.meshlift.json`;
}
