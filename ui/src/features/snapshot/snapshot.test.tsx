import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Request } from '../../ipc/commands.ts';
import type { Streams } from '../../ipc/fake.ts';
import { contextRow, meshView } from '../../testing/fixtures.ts';
import { findDialog, renderAt } from '../../testing/render.tsx';

const saved = { context: 'shop-prod', at: '2026-11-20T10:00:00Z', by: 'ada@loom', file: '/tmp/shop.json' };

const watched: Streams = {
  mesh_watch: ({ context }, { next }) => {
    next({ kind: 'view', view: meshView({ context, saved }) });
    next({ kind: 'rows', upserts: [], removes: [], complete: true });
    return undefined;
  },
};

describe('a saved snapshot', () => {
  it('says that it is one, how old it is, and that nothing can be run', async () => {
    renderAt('/upgrade/shop-prod', {}, watched);
    const note = await screen.findByText(/Saved snapshot of shop-prod/);
    expect(note).toHaveTextContent('by ada@loom');
    expect(note).toHaveTextContent('nothing can be run on it');
    expect(screen.queryByRole('button', { name: 'Save snapshot…' })).not.toBeInTheDocument();
  });

  it('is written, and replaces a file only when the user says so', async () => {
    const exists = {
      code: 'fileExists',
      message: 'it is there',
      said: null,
      detail: [],
      hint: null,
      retryable: false,
    };
    const save = ({ path, ifExists }: Request<'snapshot_save'>) => {
      if (ifExists === 'refuse') throw exists;
      return { path, bytes: 2048 };
    };
    const { user, door } = renderAt('/upgrade/shop-prod', { snapshot_save: save });
    await user.click(await screen.findByRole('button', { name: 'Save snapshot…' }));
    const dialog = await findDialog('Save a snapshot');
    const file = within(dialog).getByLabelText('File, with its whole path');
    await user.clear(file);
    await user.type(file, '/tmp/shop.json');
    await user.click(within(dialog).getByRole('button', { name: 'Save' }));
    await user.click(await within(dialog).findByRole('button', { name: 'Replace it' }));
    expect(await within(dialog).findByText('Saved: /tmp/shop.json, 2 KB')).toBeVisible();
    const asked = door.calls.filter(({ command }) => command === 'snapshot_save');
    expect(asked.map(({ request }) => (request as Request<'snapshot_save'>).ifExists)).toEqual([
      'refuse',
      'replace',
    ]);
  });

  it('is opened from the list of meshes', async () => {
    const row = contextRow({ name: 'shop.json', saved });
    const { user, door } = renderAt('/meshes', { snapshot_open: () => row });
    await user.click(await screen.findByRole('button', { name: 'Open snapshot…' }));
    const dialog = await findDialog('Open a snapshot');
    await user.type(within(dialog).getByLabelText('File, with its whole path'), '/tmp/shop.json');
    await user.click(within(dialog).getByRole('button', { name: 'Open' }));
    await screen.findByRole('heading', { name: /shop.json|shop-prod/ });
    expect(door.calls.find(({ command }) => command === 'snapshot_open')?.request).toEqual({
      path: '/tmp/shop.json',
    });
  });
});
