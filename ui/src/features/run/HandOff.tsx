import { useMutation } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { type HandOffView, toApiError, useDoor } from '../../ipc/index.ts';
import { CopyButton } from '../../parts/CopyButton.tsx';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import styles from './HandOff.module.css';

/** What to click in the ASM console, and, where that is simulated, a button that does it. */
export function HandOff({ runId, handOff }: { runId: string; handOff: HandOffView }) {
  const { t } = useTranslation();
  const door = useDoor();
  const simulate = useMutation({ mutationFn: () => door.call('hand_off_simulate', { runId }) });
  const { task, version, instance } = handOff;
  return (
    <section className={styles.handOff} aria-label={t('handOff.title')}>
      <div className={styles.words}>
        <h2>{t('handOff.title')}</h2>
        <ol>
          <li>{t('handOff.instance', { instance })}</li>
          <li>{t('handOff.page')}</li>
          <li>{t(`handOff.${task}.act`, { version })}</li>
          <li>{t(`handOff.${task}.confirm`)}</li>
        </ol>
        <p>
          {t('handOff.notices')} <span className={styles.quiet}>{t('handOff.buttons')}</span>
        </p>
      </div>
      <div className={styles.ways}>
        {handOff.simulated ? (
          <Button type="primary" loading={simulate.isPending} onClick={() => simulate.mutate()}>
            {t('handOff.simulate')}
          </Button>
        ) : (
          <span className={styles.link}>
            <a href={handOff.console} target="_blank" rel="noreferrer">
              {t('handOff.link')}
            </a>
            <CopyButton text={handOff.console} label={t('handOff.copyLink')} />
          </span>
        )}
      </div>
      {simulate.error && <ErrorLine error={toApiError(simulate.error)} />}
    </section>
  );
}
