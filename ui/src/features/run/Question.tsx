import { useMutation } from '@tanstack/react-query';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { usePhrase } from '../../i18n/phrase.ts';
import { type QuestionView, toApiError, useDoor } from '../../ipc/index.ts';
import { ErrorLine } from '../../parts/ErrorLine.tsx';
import { Mark } from '../../parts/StateMark.tsx';
import styles from './Question.module.css';

export function Question({ runId, question }: { runId: string; question: QuestionView }) {
  const { t } = useTranslation();
  const phrase = usePhrase();
  const door = useDoor();
  const answer = useMutation({
    mutationFn: (given: QuestionView['answers'][number]) =>
      door.call('run_answer', { runId, questionId: question.id, answer: given }),
  });
  return (
    <section role="alert" aria-label={t('run.question')}>
      <div className={styles.question}>
        <Mark tone="warn" />
        <p className={styles.text}>{phrase(question.text)}</p>
        {question.answers.map((given) => (
          <Button key={given} loading={answer.isPending} onClick={() => answer.mutate(given)}>
            {t(`answer.${given}`)}
          </Button>
        ))}
      </div>
      {answer.error && <ErrorLine error={toApiError(answer.error)} />}
    </section>
  );
}
