import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Switch } from 'antd';
import { useTranslation } from 'react-i18next';
import { useCall } from '../../ipc/cache.ts';
import { type AppInfo, useDoor } from '../../ipc/index.ts';
import { useReadOnly } from '../readOnly.ts';
import styles from './TopBar.module.css';

export function ReadOnlySwitch() {
  const { t } = useTranslation();
  const door = useDoor();
  const client = useQueryClient();
  const { data: info } = useCall('app_info', {});
  const on = useReadOnly();
  const { mutate } = useMutation({
    mutationFn: (next: boolean) => door.call('read_only_set', { on: next }),
    onSuccess: ({ on: readOnly }) =>
      client.setQueryData<AppInfo>(['app_info', {}], (held) => held && { ...held, readOnly }),
  });
  const forced = info?.readOnlyForced ?? false;
  const reason = forced ? t('top.readOnlyForced') : info ? undefined : t('state.loading');
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the switch inside renders its button
    <label className={styles.switch} title={reason}>
      <Switch
        size="small"
        checked={on}
        disabled={reason !== undefined}
        title={reason}
        onChange={(next) => mutate(next)}
      />
      {forced ? t('top.readOnlyForced') : t('top.readOnly')}
    </label>
  );
}
