import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { errorIn } from '../../i18n/phrase.ts';
import { type PlannedMesh, toApiError, useDoor } from '../../ipc/index.ts';
import { Ago } from '../../parts/Ago.tsx';
import styles from './LookedAt.module.css';
import page from './PlannerPage.module.css';

/** How old the facts about the mesh are, and a way to newer ones. */
export function LookedAt({ mesh: { context, lookedAt, readAt } }: { mesh: PlannedMesh }) {
  const { t } = useTranslation();
  const door = useDoor();
  const client = useQueryClient();
  const again = useMutation({
    mutationFn: async () => {
      await door.call('planner_look_again', { context });
      await client.invalidateQueries({ queryKey: ['planner_routes'] });
    },
  });
  const at = lookedAt ?? readAt;
  if (at === null) return null;
  return (
    <p className={`${page.quiet} ${styles.looked}`}>
      <code>{context}</code>
      <span>
        {t('planner.lookedAt')} <Ago at={at} />
      </span>
      {lookedAt !== null && (
        <button
          type="button"
          className={styles.again}
          title={t('planner.lookAgainNote')}
          disabled={again.isPending}
          onClick={() => again.mutate()}
        >
          {t('planner.lookAgain')}
        </button>
      )}
      <span role="status">{again.error && errorIn(t, toApiError(again.error))}</span>
    </p>
  );
}
