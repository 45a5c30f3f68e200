import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { MeshSummary } from '../../ipc/index.ts';
import { catalogueView, plannerChoices, routeList } from '../../testing/planner.ts';
import { renderAt } from '../../testing/render.tsx';

const runbook = { name: 'runbook-1.29.8-to-1.31.1', markdown: '# Runbook', html: '<h1>', json: '{}' };
const handlers = {
  planner_choices: () => plannerChoices,
  planner_routes: () => routeList,
  catalogue_get: () => catalogueView,
  runbook_make: () => runbook,
};
const scanned: MeshSummary = {
  context: 'pay-staging',
  provider: 'istioctl',
  versions: ['1.30.5'],
  next: '1.31.1',
  supportDays: 3,
  behind: 0,
  proxies: 9,
  mark: 'warning',
  state: { code: 'supportEndsSoon', params: {}, nested: {} },
};
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

  it('says which methods a hop allows, what Kubernetes needs first, and what changes', async () => {
    const { user } = renderAt(address, handlers);
    const hops = await screen.findByRole('region', { name: 'Route 1, hop by hop' });
    expect(hops).toHaveTextContent('Canary only');
    expect(hops).toHaveTextContent('Kubernetes 1.31 → 1.32 first');
    expect(hops).toHaveTextContent('2 changes on the way');
    await user.click(within(hops).getByRole('button', { name: 'Show: B131-1' }));
    expect(hops).toHaveTextContent('What to do: Change hub and chart source.');
  });

  it('explains the best against the next, and the others against the best', async () => {
    renderAt(address, handlers);
    const routes = await screen.findByRole('region', { name: 'List of routes' });
    expect(routes).toHaveTextContent('Restarts of the data plane: 1; route 2 needs 2');
    expect(within(routes).getAllByText(/1 more restart/)).toHaveLength(4);
  });

  it('says what has to be done first, and which versions are passed over', async () => {
    renderAt(address, handlers);
    const first = await screen.findByRole('region', { name: 'To do first' });
    expect(within(first).getByRole('row', { name: /Hop 1/ })).toHaveTextContent('B131-1');
    expect(screen.getByText(/Targets passed over/)).toHaveTextContent(
      '1.30.2, avoided for KB-03 in favour of 1.30.5',
    );
  });

  it('shows what the catalogue holds, how old it is and where it comes from', async () => {
    const { user } = renderAt(address, handlers);
    await user.click(await screen.findByRole('button', { name: 'Catalogue of 2026-11-23' }));
    const parts = await screen.findByRole('region', { name: 'Parts and their age' });
    expect(within(parts).getByRole('row', { name: /Known defects/ })).toHaveTextContent('2026-12-01');
    expect(within(parts).getByRole('row', { name: /Known defects/ })).toHaveTextContent('from your file');
  });

  it('exports the chosen route as a runbook', async () => {
    const { user, door } = renderAt(address, handlers);
    const routes = await screen.findByRole('region', { name: 'List of routes' });
    await user.click(within(routes).getByRole('button', { name: 'In-place, In-place' }));
    await user.click(screen.getByRole('button', { name: 'Export runbook…' }));
    expect(await screen.findByLabelText('Preview')).toHaveTextContent('# Runbook');
    const made = door.calls.find(({ command }) => command === 'runbook_make');
    expect(made?.request).toMatchObject({ of: { kind: 'route', number: 4 }, language: 'en-US' });
  });

  it('says what is refused, why, and where that comes from', async () => {
    renderAt(address, handlers);
    const refused = await screen.findByRole('region', { name: 'Refused' });
    expect(refused).toHaveTextContent('In place goes to the adjacent minor only');
    expect(refused).toHaveTextContent('istio.io/latest/docs/setup/upgrade');
    expect(refused).toHaveTextContent('Stop at a minor in between');
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
        context: null,
      }),
    );
  });

  it('begins with the version of the mesh that it was opened from, and the next one', async () => {
    const { door } = renderAt('/planner?context=pay-staging', {
      ...handlers,
      context_scan: () => scanned,
    });
    await screen.findByRole('region', { name: 'List of routes' });
    expect(
      door.calls.filter(({ command }) => command === 'planner_routes').map(({ request }) => request),
    ).toEqual([{ from: '1.30.5', to: '1.31.1', profile: 'istio', kubernetes: null, context: 'pay-staging' }]);
  });

  it('always has a question, even at a bare address', async () => {
    const { door } = renderAt('/planner', handlers);
    await screen.findByRole('region', { name: 'List of routes' });
    expect(door.calls.find(({ command }) => command === 'planner_routes')?.request).toMatchObject({
      from: '1.28.9',
      to: '1.31.1',
      profile: 'istio',
    });
  });

  it('follows the version of the mesh, unless another one was typed', async () => {
    let version = '1.30.5';
    const { user, door, history } = renderAt('/planner?context=pay-staging', {
      ...handlers,
      context_scan: () => ({ ...scanned, versions: [version] }),
    });
    const asked = () => door.calls.findLast(({ command }) => command === 'planner_routes')?.request;
    await screen.findByRole('region', { name: 'List of routes' });
    await user.clear(screen.getByLabelText('To'));
    await user.type(screen.getByLabelText('To'), '1.32.0{Enter}');
    await waitFor(() => expect(asked()).toMatchObject({ from: '1.30.5', to: '1.32.0' }));

    version = '1.31.1';
    await user.click(screen.getByRole('link', { name: 'History' }));
    await waitFor(() => expect(screen.queryByRole('region', { name: 'List of routes' })).toBeNull());
    history.back();
    await waitFor(() => expect(asked()).toMatchObject({ from: '1.31.1', to: '1.32.0' }));

    await user.clear(screen.getByLabelText('From'));
    await user.type(screen.getByLabelText('From'), '1.29.8{Enter}');
    await waitFor(() => expect(asked()).toMatchObject({ from: '1.29.8', to: '1.32.0' }));
  });

  it('begins with the version of a mesh that has no next one', async () => {
    const { door } = renderAt('/planner?context=pay-staging', {
      ...handlers,
      context_scan: () => ({ ...scanned, versions: ['1.31.1'], next: null }),
    });
    await screen.findByRole('region', { name: 'List of routes' });
    expect(door.calls.find(({ command }) => command === 'planner_routes')?.request).toMatchObject({
      from: '1.31.1',
      to: '1.31.1',
    });
  });

  it('says when it looked at the mesh, and looks again when asked', async () => {
    const mesh = { context: 'pay-staging', version: '1.30.5', kubernetes: '1.34', readAt: null };
    const lookedAt = new Date().toISOString();
    const { user, door } = renderAt(`${address}&context=pay-staging`, {
      ...handlers,
      planner_routes: () => ({ ...routeList, mesh: { ...mesh, lookedAt } }),
      planner_look_again: () => ({}),
    });
    expect(await screen.findByText(/^Looked at/)).toBeVisible();
    const asked = () => door.calls.filter(({ command }) => command === 'planner_routes').length;
    const before = asked();
    await user.click(screen.getByRole('button', { name: 'Look again' }));
    await waitFor(() => expect(asked()).toBeGreaterThan(before));
    expect(door.calls).toContainEqual({
      command: 'planner_look_again',
      request: { context: 'pay-staging' },
    });
  });

  it('names the page of a rule first, and its number after it', async () => {
    const source = 'ASM, Upgrade an ASM instance https://help.aliyun.com/document_detail/417835.html';
    const [best] = routeList.routes;
    const hops = best?.hops.map((hop) => ({ ...hop, rule: 'S12', source })) ?? [];
    renderAt(address, {
      ...handlers,
      planner_routes: () => ({ ...routeList, routes: best ? [{ ...best, hops }] : [] }),
    });
    const region = await screen.findByRole('region', { name: 'Route 1, hop by hop' });
    expect(region).toHaveTextContent(
      'ASM, Upgrade an ASM instance help.aliyun.com/document_detail/417835.html (S12)',
    );
    expect(within(region).getByRole('link')).toHaveAttribute(
      'href',
      'https://help.aliyun.com/document_detail/417835.html',
    );
  });
});
