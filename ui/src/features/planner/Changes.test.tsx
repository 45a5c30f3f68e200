import { render, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { afterEach, describe, expect, it } from 'vitest';
import { i18n } from '../../i18n/index.ts';
import type { ChangeView } from '../../ipc/index.ts';
import { routeList } from '../../testing/planner.ts';
import { Changes } from './Changes.tsx';

const [first] = routeList.changes;

function change(id: string, said: Partial<ChangeView>): ChangeView {
  if (!first) throw new Error('the example has changes');
  return { ...first, id, what: `What ${id} changes`, ...said };
}

const rowOf = (words: string) => screen.getByRole('row', { name: new RegExp(words) });

afterEach(async () => {
  await i18n.changeLanguage('en-US');
});

describe('Changes', () => {
  it('names what is hit, and counts what it does not name', async () => {
    const objects = ['VirtualService shop/cart', 'VirtualService shop/pay', 'VirtualService shop/user'];
    render(<Changes changes={[change('B131-2', { hit: 'hit', objects, hits: 30 })]} />);

    const row = rowOf('B131-2');
    expect(row).toHaveTextContent('Hit: 30 objects');
    expect(within(row).getAllByText(/^VirtualService/)).toHaveLength(2);
    expect(row).toHaveTextContent('and 28 more');
    await userEvent.click(within(row).getByRole('button', { name: 'Show: B131-2' }));
    expect(within(row).getAllByText(/^VirtualService/)).toHaveLength(3);
    expect(row).toHaveTextContent('and 27 more');
  });

  it('says why nobody can tell, and puts it before what is clear', () => {
    const why = { code: 'undecidedUnseen', params: {}, nested: {} } as const;
    render(
      <Changes
        changes={[
          change('B131-3', { hit: 'clear' }),
          change('B131-4', { hit: 'undecided', why }),
          change('B131-5', { hit: 'hit', objects: ['Service shop/cart'], hits: 1 }),
        ]}
      />,
    );

    expect(rowOf('B131-4')).toHaveTextContent('Not decided');
    expect(rowOf('B131-4')).toHaveTextContent('Nothing in a cluster tells about it');
    expect(rowOf('B131-3')).toHaveTextContent('Not hit');
    const order = screen.getAllByRole('button').map((button) => button.getAttribute('aria-label'));
    expect(order).toEqual(['Show: B131-5', 'Show: B131-4', 'Show: B131-3']);
  });

  it('speaks the language of the window, but for sentences of the user’s own file', async () => {
    await i18n.changeLanguage('zh-CN');
    render(
      <Changes
        changes={[
          change('B121-2', { remedy: 'Set sni explicitly.' }),
          change('X-1', { remedy: 'Ask the platform team.' }),
        ]}
      />,
    );

    await userEvent.click(screen.getByRole('button', { name: '查看：B121-2' }));
    await userEvent.click(screen.getByRole('button', { name: '查看：X-1' }));

    expect(rowOf('B121-2')).toHaveTextContent('显式设置 sni。');
    expect(rowOf('X-1')).toHaveTextContent('Ask the platform team.');
  });

  it('links the page that a change is stated on', async () => {
    const notes = 'https://istio.io/latest/news/releases/1.31.x/announcing-1.31/upgrade-notes/';
    render(<Changes changes={[change('B131-1', { source: `Istio 1.31 upgrade notes ${notes}` })]} />);

    await userEvent.click(screen.getByRole('button', { name: 'Show: B131-1' }));

    expect(screen.getByRole('link')).toHaveAttribute('href', notes);
  });
});
