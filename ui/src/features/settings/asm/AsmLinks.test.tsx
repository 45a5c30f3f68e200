import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type {
  AsmCredentials,
  AsmInstanceRow,
  AsmLink,
  Settings,
  SettingsChange,
} from '../../../ipc/index.ts';
import { contextRow, phrase, settings } from '../../../testing/fixtures.ts';
import { renderAt } from '../../../testing/render.tsx';

const cluster = 'c0ffee1234567890abcdef1234567890a';
const named = `kubernetes-admin-${cluster}`;

const credentials: AsmCredentials = {
  source: phrase('asmProfile', { profile: 'work', mode: 'AK', file: '/home/li/.aliyun/config.json' }),
  region: 'cn-hangzhou',
  problem: null,
  profiles: [
    { name: 'work', mode: 'AK', region: 'cn-hangzhou', runs: null },
    { name: 'corp', mode: 'External', region: null, runs: 'corp-login' },
  ],
  regions: ['cn-beijing', 'cn-hangzhou'],
};

function instance(part: Partial<AsmInstanceRow> = {}): AsmInstanceRow {
  return {
    id: 'c1a2b3',
    name: 'shop-prod',
    region: 'cn-beijing',
    version: 'v1.16.4.93-g7ad2c1e5-aliyun',
    edition: 'enterprise',
    upgradable: true,
    clusters: [{ id: cluster, contexts: [named] }],
    ...part,
  };
}

function open(instances: AsmInstanceRow[], held: Settings = settings()) {
  return renderAt('/settings', {
    settings_get: () => held,
    asm_credentials: () => credentials,
    asm_instances: () => ({ instances }),
    context_list: () => ({
      contexts: [
        contextRow({ name: named }),
        contextRow({ name: 'other' }),
        contextRow({ name: 'demo-asm', simulated: true }),
      ],
      problems: [],
      current: null,
    }),
  });
}

describe('Linking an ASM instance', () => {
  it('links the context that the id of its cluster names', async () => {
    const { user, door } = open([instance()]);
    const section = await screen.findByRole('region', { name: 'Alibaba Cloud Service Mesh' });
    expect(
      await within(section).findByText('Credential: profile `work` (AK) of /home/li/.aliyun/config.json'),
    ).toBeVisible();
    await user.click(within(section).getByRole('button', { name: 'List instances' }));
    const row = await within(section).findByRole('row', { name: /shop-prod c1a2b3/ });
    expect(row).toHaveTextContent('v1.16.4.93-g7ad2c1e5-aliyun');
    expect(row).toHaveTextContent(named);
    await user.click(within(row).getByRole('button', { name: `Link cluster ${cluster}` }));
    await waitFor(() =>
      expect(lastLink(door.calls)).toEqual({
        instance: 'c1a2b3',
        region: 'cn-beijing',
        profile: null,
        cliProfile: null,
      }),
    );
    expect(door.calls).toContainEqual({
      command: 'asm_instances',
      request: { region: 'cn-hangzhou', cliProfile: null },
    });
  });

  it('asks for a context where none is named, and offers no simulated one', async () => {
    const { user } = open([instance({ clusters: [{ id: cluster, contexts: [] }] })]);
    const section = await screen.findByRole('region', { name: 'Alibaba Cloud Service Mesh' });
    await user.click(await within(section).findByRole('button', { name: 'List instances' }));
    const link = await within(section).findByRole('button', { name: `Link cluster ${cluster}` });
    expect(link).toBeDisabled();
    expect(link).toHaveAccessibleDescription('Choose its context first');
    await user.click(within(section).getByRole('combobox', { name: `Context of cluster ${cluster}` }));
    expect(await screen.findByRole('option', { name: 'other' })).toBeInTheDocument();
    expect(screen.queryByRole('option', { name: 'demo-asm' })).toBeNull();
  });

  it('says that a region has to be chosen first', async () => {
    const { user } = renderAt('/settings', { asm_credentials: () => ({ ...credentials, region: null }) });
    const section = await screen.findByRole('region', { name: 'Alibaba Cloud Service Mesh' });
    const list = await within(section).findByRole('button', { name: 'List instances' });
    expect(list).toBeDisabled();
    expect(list).toHaveAccessibleDescription('Choose a region first');
    await user.type(within(section).getByRole('combobox', { name: 'Region' }), 'cn-beijing');
    expect(list).toBeEnabled();
    expect(list).not.toHaveAccessibleDescription();
  });

  it('says what a profile runs, and asks with it', async () => {
    const { user, door } = open([instance()]);
    const section = await screen.findByRole('region', { name: 'Alibaba Cloud Service Mesh' });
    await user.click(await within(section).findByRole('combobox', { name: 'Credential' }));
    await user.click(await screen.findByText('Profile corp (External)'));
    expect(
      await within(section).findByText('Listing instances and opening a linked context run corp-login'),
    ).toBeVisible();
    await user.click(within(section).getByRole('button', { name: 'List instances' }));
    await waitFor(() =>
      expect(door.calls).toContainEqual({
        command: 'asm_instances',
        request: { region: 'cn-hangzhou', cliProfile: 'corp' },
      }),
    );
  });

  it('unlinks, and changes the rules', async () => {
    const asm = { instance: 'c1a2b3', region: 'cn-beijing', profile: null, cliProfile: 'work' };
    const held = { tag: null, protected: true, installValues: null, asm };
    const { user, door } = open([], { ...settings(), contexts: { [named]: held } });
    const table = await screen.findByRole('table', { name: 'Linked contexts' });
    expect(within(table).getByRole('row', { name: /c1a2b3 cn-beijing work/ })).toBeVisible();
    await user.click(within(table).getByRole('combobox', { name: `Rules of ${named}` }));
    await user.click(await screen.findByText('ASM: next minor only'));
    await waitFor(() => expect(lastLink(door.calls)).toEqual({ ...asm, profile: 'asm-strict' }));
    await user.click(within(table).getByRole('button', { name: `Unlink ${named}` }));
    await waitFor(() => expect(lastLink(door.calls)).toBeNull());
  });

  it('says in one sentence what is in the way, and what to do', async () => {
    const refused = {
      code: 'asmCredential' as const,
      message: 'the access key is unknown to Alibaba Cloud',
      said: null,
      hint: phrase('hintAsmCredentials'),
      retryable: false,
      detail: [],
    };
    const { user } = renderAt('/settings', {
      asm_credentials: () => credentials,
      asm_instances: () => {
        throw refused;
      },
    });
    const section = await screen.findByRole('region', { name: 'Alibaba Cloud Service Mesh' });
    await user.click(await within(section).findByRole('button', { name: 'List instances' }));
    const alert = await within(section).findByRole('alert');
    expect(alert).toHaveTextContent('the access key is unknown to Alibaba Cloud');
    expect(alert).toHaveTextContent('Check the access key');
  });
});

/** The instance that the named context was linked with last; null once it was unlinked. */
function lastLink(calls: readonly { command: string; request: unknown }[]): AsmLink | null | undefined {
  const last = calls.filter(({ command }) => command === 'settings_change').at(-1);
  const change = last?.request as SettingsChange | undefined;
  if (change?.kind !== 'context' || change.context !== named || change.change.kind !== 'asm')
    return undefined;
  return change.change.link;
}
