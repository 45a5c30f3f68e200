import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Streams } from '../../ipc/fake.ts';
import type { LogLine, RunUpdate } from '../../ipc/index.ts';
import { demoRun } from '../../testing/demoRun.ts';
import { no, phrase, planView, runSummary, runView } from '../../testing/fixtures.ts';
import { findDialog, renderAt } from '../../testing/render.tsx';

const watching = (update: RunUpdate): Streams => ({
  run_watch: (_, { next }) => {
    next(update);
    return undefined;
  },
});

describe('a run', () => {
  it('says what it is doing, how far it is, and which waves there are', async () => {
    renderAt('/runs/run-27', {}, watching(demoRun));
    expect(
      await screen.findByRole('heading', { name: 'Waiting for 2 of 3 pods of shop/cart' }),
    ).toBeVisible();
    expect(screen.getByText('42/73')).toBeVisible();
    const waves = screen.getByRole('region', { name: 'Steps and waves' });
    expect(within(waves).getByRole('heading', { name: 'Wave 3' })).toBeVisible();
    expect(within(waves).getByRole('img', { name: 'asks first: 0 of 3 pods' })).toBeVisible();
    const news = screen.getByRole('status', { name: '1 traffic rule changed during this run' });
    expect(news).toHaveTextContent('VirtualService shop/cart was changed by kubectl-edit');
    expect(screen.getByRole('log')).toHaveTextContent('VirtualService shop/cart was changed by kubectl-edit');
  });

  it('tells apart the rules that changed and those that it may not watch', async () => {
    const view = runView({
      trafficChanges: [
        phrase('logTrafficRuleAdded', { object: 'VirtualService shop/cart', who: 'flagger' }),
        phrase('logTrafficRuleAdded', { object: 'VirtualService shop/cart', who: 'flagger' }),
      ],
      trafficUnseen: [phrase('logTrafficUnseen', { what: 'HTTPRoute', why: 'forbidden' })],
    });
    renderAt('/runs/run-27', {}, watching({ view, log: [] }));
    const changed = await screen.findByRole('status', { name: '2 traffic rules changed during this run' });
    expect(within(changed).getAllByRole('listitem')).toHaveLength(2);
    expect(changed).not.toHaveTextContent('HTTPRoute');
    const unseen = screen.getByRole('status', { name: 'Traffic rules that are not watched' });
    expect(unseen).toHaveTextContent('changes of HTTPRoute are not seen: forbidden');
  });

  it('says that a child of an earlier start is ended, not waited for', async () => {
    const view = runView({
      summary: runSummary({ state: 'waiting', sentence: phrase('askChildAlive', { pid: '4711' }) }),
    });
    const { user } = renderAt('/runs/run-27', {}, watching({ view, log: [] }));
    await user.click(await screen.findByRole('button', { name: 'Abort…' }));
    const dialog = await findDialog('Important');
    expect(dialog).toHaveTextContent('it is ended where it is');
    expect(dialog).not.toHaveTextContent('after the act in flight');
  });

  it('pauses, and asks before it aborts', async () => {
    const { user, door } = renderAt(
      '/runs/run-27',
      { run_pause: () => ({}), run_abort: () => ({}) },
      watching(demoRun),
    );
    await user.click(await screen.findByRole('button', { name: 'Pause' }));
    await user.click(screen.getByRole('button', { name: 'Abort…' }));
    const sent = () => door.calls.map(({ command }) => command);
    expect(sent()).toContain('run_pause');
    expect(sent()).not.toContain('run_abort');
    const dialog = await findDialog('Important');
    expect(dialog).toHaveTextContent('https://10.20.4.11:6443');
    await user.click(within(dialog).getByRole('button', { name: 'OK' }));
    await waitFor(() => expect(sent()).toContain('run_abort'));
  });

  it('shows the plan of the way back before it runs', async () => {
    const { user } = renderAt(
      '/runs/run-27',
      { run_roll_back_plan: () => planView({ operation: 'rollBack', protected: false }) },
      watching(demoRun),
    );
    await user.click(await screen.findByRole('button', { name: 'Roll back…' }));
    expect(await findDialog('Important')).toHaveTextContent('Roll back');
  });

  it('puts its question to the user', async () => {
    const view = runView({
      summary: runSummary({ state: 'asking', sentence: phrase('runAsking') }),
      question: {
        id: 'q1',
        text: { ...phrase('askFailed', { workload: 'shop/cart' }), nested: { why: phrase('failDeadline') } },
        answers: ['retry', 'skip', 'abort'],
      },
    });
    const { user, door } = renderAt('/runs/run-27', { run_answer: () => ({}) }, watching({ view, log: [] }));
    const question = await screen.findByRole('alert', { name: 'Question' });
    expect(question).toHaveTextContent('shop/cart failed: its rollout passed its progress deadline');
    await user.click(within(question).getByRole('button', { name: 'Skip' }));
    expect(door.calls.at(-1)).toEqual({
      command: 'run_answer',
      request: { runId: 'run-27', questionId: 'q1', answer: 'skip' },
    });
  });

  it('offers to resume what was interrupted', async () => {
    const view = runView({
      summary: runSummary({ state: 'interrupted', sentence: phrase('runInterrupted') }),
      pause: no('reasonRunNotRunning'),
      resume: { available: true, reason: null },
    });
    renderAt('/runs/run-27', {}, watching({ view, log: [] }));
    expect(await screen.findByRole('button', { name: 'Resume' })).toBeEnabled();
    expect(screen.queryByRole('button', { name: 'Pause' })).not.toBeInTheDocument();
  });

  it('follows its log while lines come, until the reader goes up', async () => {
    let say = (_: RunUpdate) => {};
    const streams: Streams = {
      run_watch: (_, { next }) => {
        say = next;
        next(demoRun);
        return undefined;
      },
    };
    renderAt('/runs/run-27', {}, streams);
    const log = await screen.findByRole('log');
    let height = 2000;
    Object.defineProperty(log, 'scrollHeight', { configurable: true, get: () => height });
    const scrolledTo = (top: number) => {
      log.scrollTop = top;
      fireEvent.scroll(log);
    };
    scrolledTo(1200);
    expect(screen.getByText('following')).toBeVisible();
    // The box was moved to its end; before the page hears of it, more lines make it grow.
    height = 2400;
    scrolledTo(1240);
    expect(screen.getByText('following')).toBeVisible();
    scrolledTo(900);
    expect(screen.getByText('scroll down to follow')).toBeVisible();
    const line = { ...(demoRun.log.at(-1) as LogLine), seq: 9001 };
    act(() => say({ ...demoRun, log: [line] }));
    expect(log.scrollTop).toBe(900);
    scrolledTo(1600);
    expect(screen.getByText('following')).toBeVisible();
  });

  it('asks for the log only from where it has it', async () => {
    const asked: number[] = [];
    renderAt(
      '/runs/run-27',
      {},
      {
        run_watch: ({ sinceSeq }, { next }) => {
          asked.push(sinceSeq);
          next(demoRun);
          return undefined;
        },
      },
    );
    await screen.findByRole('log');
    expect(asked).toEqual([0]);
  });
});
