import type { TFunction } from 'i18next';
import type { Phrase, RunStepView, StepState } from '../../ipc/index.ts';

/** A step of a run as it is shown: namespaces that move one after the other are one. */
export interface ShownStep extends Omit<RunStepView, 'title'> {
  title: string;
  /** Namespaces that it is about. */
  namespaces: readonly string[];
}

interface Words {
  t: TFunction;
  phrase: (phrase: Phrase) => string;
}

/** What a group of steps is called by: the first of these that one of them is in. */
const telling: readonly StepState[] = ['failed', 'blocked', 'current'];

export function shownSteps(steps: readonly RunStepView[], words: Words): ShownStep[] {
  const runs: RunStepView[][] = [];
  for (const step of steps) {
    const last = runs.at(-1);
    if (last?.[0] && isMove(step) && isMove(last[0])) last.push(step);
    else runs.push([step]);
  }
  return runs.map((run) => shown(run, words));
}

const isMove = (step: RunStepView) => step.title.code === 'stepMoveNamespace';
const namespaceOf = (step: RunStepView) => step.title.params.namespace ?? '';

function shown(run: readonly RunStepView[], { t, phrase }: Words): ShownStep {
  const [first] = run as [RunStepView];
  if (run.length === 1) {
    const namespaces = [...new Set(first.cells.map((cell) => cell.namespace))];
    return { ...first, title: phrase(first.title), namespaces };
  }
  return {
    id: first.id,
    title: t('run.moveNamespaces', { count: run.length }),
    namespaces: run.map(namespaceOf),
    state: stateOf(run),
    seconds: run.some((step) => step.seconds !== null)
      ? run.reduce((sum, step) => sum + (step.seconds ?? 0), 0)
      : null,
    cells: [],
    commands: run.flatMap((step) => step.commands),
  };
}

function stateOf(run: readonly RunStepView[]): StepState {
  const states = run.map((step) => step.state);
  const told = telling.find((state) => states.includes(state));
  if (told) return told;
  const [first] = states as [StepState];
  // Some are done and the rest are not begun: the group is what is being done.
  return states.every((state) => state === first) ? first : 'current';
}
