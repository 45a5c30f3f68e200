import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { plannerChoices, routeList } from '../../testing/planner.ts';
import { renderAt } from '../../testing/render.tsx';

const handlers = { planner_choices: () => plannerChoices, planner_routes: () => routeList };
const address = '/planner?from=1.29.8&to=1.31.1&profile=istio';

describe('Planner', () => {
  it('lists the routes, the best first, and the hops of the chosen one', async () => {
    const { user } = renderAt(address, handlers);
    const routes = await screen.findByRole('region', { name: 'List of routes' });
    expect(within(routes).getByRole('button', { name: 'Canary', pressed: true })).toBeVisible();
    expect(screen.getByRole('region', { name: 'Route 1, hop by hop' })).toHaveTextContent(
      'Canary may skip one minor',
    );
    await user.click(within(routes).getByRole('button', { name: 'In-place, In-place' }));
    expect(screen.getByRole('region', { name: 'Route 5, hop by hop' })).toHaveTextContent('no way back');
  });

  it('says what is refused, why, and where that comes from', async () => {
    renderAt(address, handlers);
    const refused = await screen.findByRole('region', { name: 'Refused' });
    expect(refused).toHaveTextContent('In place goes to the adjacent minor only');
    expect(refused).toHaveTextContent('istio.io/latest/docs/setup/upgrade');
  });

  it('asks what the address says', async () => {
    const { door } = renderAt(`${address}&kubernetes=1.34`, handlers);
    await screen.findByRole('region', { name: 'List of routes' });
    await waitFor(() =>
      expect(door.calls.find(({ command }) => command === 'planner_routes')?.request).toEqual({
        from: '1.29.8',
        to: '1.31.1',
        profile: 'istio',
        kubernetes: '1.34',
      }),
    );
  });

  it('always has a question, even at a bare address', async () => {
    const { door } = renderAt('/planner', handlers);
    await screen.findByRole('region', { name: 'List of routes' });
    expect(door.calls.find(({ command }) => command === 'planner_routes')?.request).toMatchObject({
      to: '1.31.1',
      profile: 'istio',
    });
  });
});
