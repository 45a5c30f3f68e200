import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Settings } from '../../ipc/index.ts';
import { renderAt } from '../../testing/render.tsx';

const istioctls = () => [
  { path: '/opt/istio-1.31.1/bin/istioctl', version: '1.31.1', problem: null },
  { path: '/home/li/bin/istioctl', version: null, problem: 'not an executable file' },
];

describe('Settings', () => {
  it('lists every istioctl with its path and version', async () => {
    renderAt('/settings', { istioctl_list: istioctls });
    expect(
      await screen.findByRole('row', { name: '1.31.1 /opt/istio-1.31.1/bin/istioctl Usable' }),
    ).toBeVisible();
    expect(screen.getByRole('row', { name: /unknown .* not an executable file/ })).toBeVisible();
  });

  it('adds the path of an istioctl', async () => {
    const { user, door } = renderAt('/settings', { istioctl_list: istioctls });
    const section = await screen.findByRole('region', { name: 'istioctl' });
    await user.type(
      within(section).getByRole('textbox', { name: 'Path of an istioctl' }),
      '/usr/bin/istioctl',
    );
    await user.click(within(section).getByRole('button', { name: 'Add' }));
    await waitFor(() => expect(lastSettings(door.calls)?.istioctlPaths).toEqual(['/usr/bin/istioctl']));
  });

  it('keeps the install values of a context', async () => {
    const { user, door } = renderAt('/settings');
    const field = await screen.findByRole('textbox', { name: 'Install values of shop-prod' });
    await user.type(field, '/mesh/values.yaml{Enter}');
    await waitFor(() =>
      expect(lastSettings(door.calls)?.contexts['shop-prod']?.installValues).toBe('/mesh/values.yaml'),
    );
  });

  it('protects a production context always', async () => {
    renderAt('/settings');
    const box = await screen.findByRole('checkbox', { name: 'shop-prod is protected' });
    expect(box).toBeChecked();
    expect(box).toBeDisabled();
    expect(screen.getByText('always for prod')).toBeVisible();
  });
});

function lastSettings(calls: readonly { command: string; request: unknown }[]): Settings | undefined {
  return calls.filter(({ command }) => command === 'settings_set').at(-1)?.request as Settings | undefined;
}
