import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { AppEvent } from '../../ipc/index.ts';
import { demoRun } from '../../testing/demoRun.ts';
import { contextRow, runSummary } from '../../testing/fixtures.ts';
import { renderAt } from '../../testing/render.tsx';

describe('the frame', () => {
  it('opens on the mesh that is open', async () => {
    const { history } = renderAt('/');
    await waitFor(() => expect(history.location.pathname).toBe('/upgrade/shop-prod'));
  });

  it('leads to every page', async () => {
    renderAt('/meshes');
    const nav = await screen.findByRole('navigation', { name: 'Main' });
    const links = within(nav).getAllByRole('link');
    expect(links.map((link) => link.textContent)).toEqual([
      'Meshes',
      'Upgrade Management',
      'Planner',
      'History',
      'Settings',
    ]);
  });

  it('turns every word to Chinese', async () => {
    const { user, door } = renderAt('/upgrade/shop-prod?tab=in-place');
    await user.click(await screen.findByRole('button', { name: '中文' }));
    expect(await screen.findByRole('button', { name: '运行检查' })).toBeVisible();
    expect(screen.getByRole('tab', { name: '原地升级' })).toBeVisible();
    expect(screen.getByRole('button', { name: '开始升级' })).toHaveAccessibleDescription(
      '请先处理 2 个阻断项',
    );
    expect(door.calls.find(({ command }) => command === 'settings_change')?.request).toEqual({
      kind: 'language',
      language: 'zh-CN',
    });
  });

  it('switches read-only', async () => {
    const { user, door } = renderAt('/meshes');
    const control = await screen.findByRole('switch', { name: /Read-only/ });
    await waitFor(() => expect(control).toBeEnabled());
    await user.click(control);
    await waitFor(() => expect(control).toBeChecked());
    expect(door.calls.find(({ command }) => command === 'read_only_set')?.request).toEqual({ on: true });
  });

  it('finds a context by typing, opened with the keyboard', async () => {
    const { user, history } = renderAt('/meshes', {
      context_list: () => ({
        contexts: [
          contextRow({ open: false }),
          contextRow({ name: 'pay-staging', tag: 'staging', open: false }),
        ],
        problems: [],
        current: null,
      }),
    });
    const box = await screen.findByRole('combobox', { name: 'Context' });
    await user.keyboard('{Control>}k{/Control}');
    expect(box).toHaveFocus();
    await user.keyboard('pay');
    fireEvent.keyDown(box, { key: 'Enter', keyCode: 13 });
    await waitFor(() => expect(history.location.pathname).toBe('/upgrade/pay-staging'));
  });

  it('keeps the run in progress in sight, and leads to it', async () => {
    const { user, history } = renderAt(
      '/settings',
      { run_list: () => [runSummary()] },
      {
        run_watch: (_, { next }) => {
          next(demoRun);
          return undefined;
        },
      },
    );
    const bar = await screen.findByRole('region', { name: 'Run in progress' });
    expect(within(bar).getByRole('button', { name: 'Pause' })).toBeEnabled();
    await user.click(within(bar).getByRole('link', { name: /Run 27/ }));
    await waitFor(() => expect(history.location.pathname).toBe('/runs/run-27'));
  });

  it('reads again what an event made stale', async () => {
    let send: (event: AppEvent) => void = () => undefined;
    const { door } = renderAt(
      '/meshes',
      {},
      {
        app_watch: (_, { next }) => {
          send = next;
          return undefined;
        },
      },
    );
    await screen.findByRole('grid', { name: 'Meshes' });
    const lists = () => door.calls.filter(({ command }) => command === 'context_list').length;
    const before = lists();
    send({ kind: 'contextsChanged' });
    await waitFor(() => expect(lists()).toBe(before + 1));
  });
});
