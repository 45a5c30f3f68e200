import { createMemoryHistory } from '@tanstack/react-router';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { App } from '../app/App.tsx';
import { changed } from '../app/settingsChange.ts';
import { fakeDoor, type Handlers, type Streams } from '../ipc/fake.ts';
import { contextRow, meshView, settings } from './fixtures.ts';

const quiet: Handlers = {
  app_info: () => ({
    version: '0.1.0',
    readOnlyForced: false,
    readOnly: false,
    dataFolder: '/home/li/.local/share/meshlift',
    catalogAsOf: '2026-11-23',
  }),
  read_only_set: (given) => given,
  context_list: () => ({ contexts: [contextRow()], problems: [], current: 'shop-prod' }),
  context_open: ({ context }) => contextRow({ name: context }),
  context_scan: ({ context }) => ({
    context,
    provider: 'istioctl',
    versions: ['1.30.5'],
    next: '1.31.1',
    supportDays: 13,
    behind: 9,
    proxies: 116,
    state: { code: 'supportEndsSoon', params: {}, nested: {} },
    mark: 'warning',
  }),
  istioctl_list: () => [],
  asm_credentials: () => ({ source: null, region: null, problem: null, profiles: [], regions: [] }),
  run_list: () => [],
  watch_end: () => ({}),
};

const still: Streams = {
  mesh_watch: ({ context }, { next }) => {
    next({ kind: 'view', view: meshView({ context }) });
    next({
      kind: 'connection',
      connection: { state: 'connected', readAt: new Date().toISOString(), problem: null },
    });
    next({ kind: 'rows', upserts: [], removes: [], complete: true });
    return undefined;
  },
};

/** The whole window at an address, with a fake behind its door. */
export function renderAt(address: string, handlers: Handlers = {}, streams: Streams = {}) {
  let kept = settings();
  const door = fakeDoor(
    {
      ...quiet,
      settings_get: () => kept,
      settings_change: (change) => {
        kept = changed(kept, change);
        return kept;
      },
      ...handlers,
    },
    { ...still, ...streams },
  );
  const history = createMemoryHistory({ initialEntries: [address] });
  const view = render(<App door={door} history={history} />);
  return { ...view, door, history, user: userEvent.setup() };
}

/** The dialog of a title; under test, antd gives every dialog the same id, so names can't tell them apart. */
export function findDialog(title: string): Promise<HTMLElement> {
  return waitFor(() => {
    const dialog = screen.getAllByRole('dialog').find((some) => within(some).queryByText(title));
    if (!dialog) throw new Error(`no dialog is titled ${title}`);
    return dialog;
  });
}
