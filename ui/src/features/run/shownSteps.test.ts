import { describe, expect, it } from 'vitest';
import { phrase, runStep } from '../../testing/fixtures.ts';
import { shownSteps } from './shownSteps.ts';

const words = {
  t: ((key: string, values: { count: number }) => `${key} ${values.count}`) as never,
  phrase: ({ code }: { code: string }) => code,
};

const move = (namespace: string, part = {}) =>
  runStep({
    id: `move-${namespace}`,
    title: phrase('stepMoveNamespace', { namespace, label: 'istio.io/rev=1-31' }),
    commands: [`label ${namespace}`],
    cells: [],
    ...part,
  });

describe('the steps of a run', () => {
  it('shows namespaces that move one after the other as one step', () => {
    const steps = [
      move('shop', { state: 'done', seconds: 2 }),
      move('pay', { state: 'current', seconds: 3 }),
      runStep({ id: 'wave-1', title: phrase('stepWave', { number: '1' }) }),
    ];
    const [moves, wave] = shownSteps(steps, words);
    expect(moves).toMatchObject({
      title: 'run.moveNamespaces 2',
      namespaces: ['shop', 'pay'],
      state: 'current',
      seconds: 5,
      commands: ['label shop', 'label pay'],
    });
    expect(wave?.id).toBe('wave-1');
  });

  it('calls a group by the state that the user has to know', () => {
    const stateOf = (...states: string[]) =>
      shownSteps(
        states.map((state, index) => move(`n${index}`, { state, seconds: null })),
        words,
      )[0]?.state;
    expect(stateOf('done', 'failed', 'later')).toBe('failed');
    expect(stateOf('done', 'done')).toBe('done');
    expect(stateOf('done', 'later')).toBe('current');
  });

  it('leaves a single move as it is', () => {
    const [only] = shownSteps([move('shop')], words);
    expect(only?.title).toBe('stepMoveNamespace');
  });
});
