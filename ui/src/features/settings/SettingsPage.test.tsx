import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { changed } from '../../app/settingsChange.ts';
import type { Settings } from '../../ipc/index.ts';
import { phrase, settings } from '../../testing/fixtures.ts';
import { renderAt } from '../../testing/render.tsx';

const istioctls = () => [
  { path: '/opt/istio-1.31.1/bin/istioctl', version: '1.31.1', problem: null },
  { path: '/home/li/bin/istioctl', version: null, problem: phrase('binaryAnother') },
];

describe('Settings', () => {
  it('lists every istioctl with its path and version', async () => {
    renderAt('/settings', { istioctl_list: istioctls });
    expect(
      await screen.findByRole('row', { name: '1.31.1 /opt/istio-1.31.1/bin/istioctl Usable' }),
    ).toBeVisible();
    expect(screen.getByRole('row', { name: /unknown .* it is not an istioctl/ })).toBeVisible();
  });

  it('adds the path of an istioctl', async () => {
    const { user, door } = renderAt('/settings', { istioctl_list: istioctls });
    const section = await screen.findByRole('region', { name: 'istioctl' });
    await user.type(
      within(section).getByRole('textbox', { name: 'Path of an istioctl' }),
      '/usr/bin/istioctl',
    );
    await user.click(within(section).getByRole('button', { name: 'Add' }));
    await waitFor(() =>
      expect(changes(door.calls)).toEqual([
        { kind: 'addPath', list: 'istioctls', path: '/usr/bin/istioctl' },
      ]),
    );
  });

  it('keeps the install values of a context', async () => {
    const { user, door } = renderAt('/settings');
    const field = await screen.findByRole('textbox', { name: 'Install values of shop-prod' });
    await user.type(field, '/mesh/values.yaml{Enter}');
    await waitFor(() =>
      expect(changes(door.calls)).toEqual([
        {
          kind: 'context',
          context: 'shop-prod',
          change: { kind: 'installValues', file: '/mesh/values.yaml' },
        },
      ]),
    );
  });

  it('loses neither of two changes while the first is on its way', async () => {
    let kept: Settings = settings({ contexts: {} });
    let answer = () => {};
    const asked: unknown[] = [];
    const { user } = renderAt('/settings', {
      settings_get: () => kept,
      settings_change: async (change) => {
        asked.push(change);
        if (asked.length === 1) await new Promise<void>((resolve) => (answer = resolve));
        kept = changed(kept, change);
        return kept;
      },
    });
    const tag = await screen.findByRole('combobox', { name: 'Tag of shop-prod' });
    await user.clear(tag);
    await user.type(tag, 'dev');
    await user.tab();
    await user.click(screen.getByRole('checkbox', { name: 'shop-prod is protected' }));
    expect(asked).toHaveLength(1);
    answer();
    await waitFor(() =>
      expect(kept.contexts['shop-prod']).toEqual({
        tag: 'dev',
        protected: true,
        installValues: null,
        asm: null,
      }),
    );
    expect(await screen.findByRole('checkbox', { name: 'shop-prod is protected' })).toBeChecked();
  });

  it('protects a production context always', async () => {
    renderAt('/settings');
    const box = await screen.findByRole('checkbox', { name: 'shop-prod is protected' });
    expect(box).toBeChecked();
    expect(box).toBeDisabled();
    expect(screen.getByText('always for prod')).toBeVisible();
  });
});

function changes(calls: readonly { command: string; request: unknown }[]): unknown[] {
  return calls.filter(({ command }) => command === 'settings_change').map(({ request }) => request);
}
