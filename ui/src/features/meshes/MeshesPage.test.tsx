import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it } from 'vitest';
import { i18n } from '../../i18n/index.ts';
import type { MeshSummary } from '../../ipc/index.ts';
import { demoContexts, demoScan } from '../../testing/demoContexts.ts';
import { contextRow, phrase, settings } from '../../testing/fixtures.ts';
import { renderAt } from '../../testing/render.tsx';

const broken = '/home/li/.kube/broken';

const handlers = {
  context_list: () => ({
    contexts: demoContexts,
    problems: [{ file: broken, said: phrase('fileInvalid', { file: broken, line: '3', column: '1' }) }],
    current: null,
  }),
  context_scan: ({ context }: { context: string }) => demoScan(context),
};

describe('Meshes', () => {
  it('groups contexts by whether they need the user', async () => {
    renderAt('/meshes', handlers);
    const grid = await screen.findByRole('grid', { name: 'Meshes' });
    await within(grid).findByText('Out of support');
    const rows = within(grid).getAllByRole('row');
    const text = rows.map((row) => row.textContent);
    expect(text[1]).toBe('Needs you 5');
    expect(text).toContain('Healthy 4');
    expect(text.find((words) => words?.startsWith('pay-staging'))).toContain('85 days over');
  });

  it('moves no row while someone points at the list', async () => {
    let answer: (summary: MeshSummary | Promise<MeshSummary>) => void = () => {};
    const slow = new Promise<MeshSummary>((resolve) => {
      answer = resolve;
    });
    renderAt('/meshes', {
      ...handlers,
      context_scan: ({ context }: { context: string }) =>
        context === 'pay-staging' ? slow : demoScan(context),
    });
    const grid = await screen.findByRole('grid', { name: 'Meshes' });
    await within(grid).findByText('Needs you');
    const rowsOf = () =>
      within(grid)
        .getAllByRole('row')
        .map((row) => row.textContent ?? '');
    const place = () => rowsOf().findIndex((words) => words.startsWith('pay-staging'));
    const before = place();

    await userEvent.hover(grid);
    answer(demoScan('pay-staging'));
    await within(grid).findByText('85 days over');
    expect(place()).toBe(before);

    await userEvent.unhover(grid);
    expect(place()).toBeLessThan(before);
  });

  it('says in one line why a context was not read, and offers to try again', async () => {
    renderAt('/meshes', handlers);
    expect(await screen.findByText(/^The API server does not answer/)).toBeVisible();
    expect(screen.getByText('Retry')).toHaveAccessibleName('Retry legacy-dc1');
  });

  it('reads no context that would execute something', async () => {
    const { door } = renderAt('/meshes', handlers);
    expect(await screen.findByText(/aws eks get-token/)).toBeVisible();
    const scanned = door.calls
      .filter(({ command }) => command === 'context_scan')
      .map(({ request }) => (request as { context: string }).context);
    expect(scanned).not.toContain('partner-a');
  });

  it('names a kubeconfig that cannot be used', async () => {
    renderAt('/meshes', handlers);
    const words = `${broken} is not a valid kubeconfig: see line 3, column 1`;
    expect(await screen.findByText(words)).toBeVisible();
  });
});

/** Words of Latin letters that are no part of a name, a path or an address. */
function latinSentence(text: string): string | undefined {
  return text.match(/[a-z]{2,} [a-z]{2,}( [a-z]{2,})+/)?.[0];
}

describe('Meshes in Chinese', () => {
  afterEach(async () => {
    await i18n.changeLanguage('en-US');
  });

  it('says what is wrong with files and contexts in Chinese', async () => {
    const address = 'https://192.0.2.7:6443';
    const refused = {
      code: 'unreachable',
      message: `${address} does not answer: the connection was refused`,
      said: {
        ...phrase('callUnreachable', { address }),
        nested: { reason: phrase('causeRefused') },
      },
      detail: [],
      hint: null,
      retryable: true,
    };
    const half = phrase('contextClusterGone', { cluster: 'gone' });
    renderAt('/meshes', {
      ...handlers,
      settings_get: () => settings({ language: 'zh-CN' }),
      context_list: () => ({
        contexts: [contextRow({ name: 'half', problem: half }), contextRow({ name: 'dead' })],
        problems: handlers.context_list().problems,
        current: null,
      }),
      context_scan: () => Promise.reject(refused),
    });

    expect(await screen.findByText(`${broken} 不是有效的 kubeconfig：见第 3 行第 1 列`)).toBeVisible();
    const grid = screen.getByRole('grid');
    expect(await within(grid).findByText('其集群 `gone` 不在任何 kubeconfig 中')).toBeVisible();
    expect(
      await within(grid).findByText(`API 服务器没有响应：${address} 没有响应：连接被拒绝`),
    ).toBeVisible();
    expect(latinSentence(screen.getByRole('main').textContent ?? '')).toBeUndefined();
    expect(latinSentence('its cluster is in no kubeconfig'), 'the search finds some').toBeDefined();
  });
});
