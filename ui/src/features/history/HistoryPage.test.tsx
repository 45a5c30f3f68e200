import { screen, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { demoRuns } from '../../testing/demoRun.ts';
import { phrase, runSummary } from '../../testing/fixtures.ts';
import { renderAt } from '../../testing/render.tsx';

describe('History', () => {
  it('lists who did what, from where to where, and how it ended', async () => {
    renderAt('/history', { run_list: () => demoRuns });
    expect(
      await screen.findByRole('row', {
        name: /Run 25 pay-staging Rolling Upgrade .* Failed .*CrashLoopBackOff/,
      }),
    ).toBeVisible();
  });

  it('resumes what is unfinished', async () => {
    const { user, door, history } = renderAt('/history', {
      run_list: () => [runSummary({ state: 'interrupted', sentence: phrase('runInterrupted') })],
      run_resume: () => ({}),
    });
    await user.click(await screen.findByRole('button', { name: 'Resume' }));
    await waitFor(() => expect(history.location.pathname).toBe('/runs/run-27'));
    expect(door.calls.find(({ command }) => command === 'run_resume')?.request).toEqual({ runId: 'run-27' });
  });

  it('shows the report of a run', async () => {
    const { user } = renderAt('/history', {
      run_list: () => demoRuns.slice(1, 2),
      run_report: () => ({ markdown: '# Run 26', html: '', json: '' }),
    });
    await user.click(await screen.findByRole('button', { name: 'Report' }));
    expect(await screen.findByText('# Run 26')).toBeVisible();
  });
});
