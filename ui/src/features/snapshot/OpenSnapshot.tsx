import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Button, Input } from 'antd';
import { type FormEvent, useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type ContextRow, toApiError, useDoor } from '../../ipc/index.ts';
import { Dialog } from '../../parts/Dialog.tsx';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { ReasonedButton } from '../../parts/ReasonedButton.tsx';
import styles from '../../parts/SaveForm.module.css';

interface Props {
  size?: 'small';
  onOpened: (row: ContextRow) => void;
}

/** The button that opens a saved snapshot as a context. */
export function OpenSnapshot({ size, onOpened }: Props) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size={size} onClick={() => setOpen(true)}>
        {t('snapshot.open')}
      </Button>
      {open && (
        <OpenDialog
          onClose={() => setOpen(false)}
          onOpened={(row) => {
            setOpen(false);
            onOpened(row);
          }}
        />
      )}
    </>
  );
}

function OpenDialog({ onClose, onOpened }: { onClose: () => void; onOpened: (row: ContextRow) => void }) {
  const { t } = useTranslation();
  const door = useDoor();
  const client = useQueryClient();
  const id = useId();
  const [path, setPath] = useState('');
  const open = useMutation({
    mutationFn: (path: string) => door.call('snapshot_open', { path }),
    onSuccess: async (row) => {
      await client.invalidateQueries({ queryKey: ['context_list'] });
      onOpened(row);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (path.trim() !== '') open.mutate(path.trim());
  };
  return (
    <Dialog title={t('snapshot.openTitle')} width={600} onClose={onClose}>
      <p>{t('snapshot.openNote')}</p>
      <form className={styles.form} onSubmit={submit}>
        <label htmlFor={id}>{t('snapshot.file')}</label>
        <Input
          id={id}
          value={path}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => setPath(event.target.value)}
        />
        <ReasonedButton
          htmlType="submit"
          waitsFor={path.trim() === '' ? t('action.pathFirst') : undefined}
          loading={open.isPending}
        >
          {t('snapshot.doOpen')}
        </ReasonedButton>
      </form>
      {open.error && <ErrorLine error={toApiError(open.error)} />}
    </Dialog>
  );
}
