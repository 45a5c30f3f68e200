import { useTranslation } from 'react-i18next';
import { exactTime, useRelativeTime } from '../i18n/time.ts';

export function Ago({ at }: { at: string }) {
  const { i18n } = useTranslation();
  const relative = useRelativeTime();
  return (
    <time dateTime={at} title={exactTime(at, i18n.language)}>
      {relative(at)}
    </time>
  );
}
