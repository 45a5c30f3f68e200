import { useTranslation } from 'react-i18next';
import { CommandList } from './CommandList.tsx';
import { Dialog } from './Dialog.tsx';

export function CommandsDialog({ commands, onClose }: { commands: readonly string[]; onClose: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog width={760} title={t('confirm.commands', { count: commands.length })} onClose={onClose}>
      <CommandList commands={commands} />
    </Dialog>
  );
}
