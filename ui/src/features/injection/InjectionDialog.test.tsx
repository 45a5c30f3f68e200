import { screen, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { InjectionView, SimulatedPod } from '../../ipc/index.ts';
import { meshView, phrase } from '../../testing/fixtures.ts';
import { findDialog, renderAt } from '../../testing/render.tsx';
import { labelsOf, requestOf } from './question.ts';

const fate = (revision: string | null): SimulatedPod['now'] => ({
  revision,
  version: null,
  said: revision ? phrase('fateInjected', { revision }) : phrase('fateNotInjected'),
  why: phrase('whyNoLabel'),
  matches: revision
    ? [{ webhook: 'rev.namespace', configuration: `istio-sidecar-injector-${revision}`, revision, tag: null }]
    : [],
});

const lost: InjectionView = {
  pods: [
    {
      row: 'shop/Deployment/cart',
      namespace: 'shop',
      name: 'cart',
      proxies: 3,
      now: fate('1-30'),
      after: fate(null),
      effect: 'loses',
      said: phrase('effectLoses'),
      mark: 'bad',
    },
  ],
  workloads: 1,
  harmed: 1,
  passing: [],
  refused: null,
  namespaceLabels: {},
};

const handlers = {
  injection_simulate: () => lost,
  injection_prove: () => ({ said: phrase('proofNotInjected'), agrees: true, mark: 'ok' as const }),
};
describe('the injection simulator', () => {
  it('names a silent loss with the webhook that answers now', async () => {
    const { user, door } = renderAt('/upgrade/shop-prod', handlers);
    await user.click(await screen.findByRole('button', { name: 'Simulate injection…' }));
    const dialog = await findDialog('Injection simulator');
    const row = await within(dialog).findByRole('row', { name: /cart/ });
    expect(row).toHaveTextContent('loses its sidecar, and nothing says so');
    expect(row).toHaveTextContent('rev.namespace of istio-sidecar-injector-1-30');
    await user.click(within(dialog).getByRole('button', { name: 'Prove by a dry run: cart' }));
    expect(await within(dialog).findByText(/as predicted/)).toBeVisible();
    const asked = door.calls.find(({ command }) => command === 'injection_prove');
    expect(asked?.request).toEqual({ context: 'shop-prod', row: 'shop/Deployment/cart' });
  });

  it('predicts nothing from labels that it cannot read, and says how they are written', async () => {
    const { user, door } = renderAt('/upgrade/shop-prod', handlers);
    await user.click(await screen.findByRole('button', { name: 'Simulate injection…' }));
    const dialog = await findDialog('Injection simulator');
    await within(dialog).findByRole('row', { name: /cart/ });
    await user.click(within(dialog).getByLabelText('Pods'));
    await user.click(await screen.findByTitle('A pod with these labels'));
    const asked = () => door.calls.filter(({ command }) => command === 'injection_simulate').length;
    await within(dialog).findByRole('table');
    const before = asked();

    await user.type(within(dialog).getByLabelText(/^Pod labels/), 'app;');

    expect(within(dialog).getByRole('alert')).toHaveTextContent('key=value, key=value');
    expect(within(dialog).queryByRole('table')).toBeNull();
    expect(within(dialog).queryByRole('status')).toBeNull();
    expect(asked()).toBe(before);
  });
});

describe('the proof by a dry run', () => {
  it('waits, and says why, while read-only is on', async () => {
    const { user, door } = renderAt('/upgrade/shop-prod', handlers, {
      mesh_watch: ({ context }, { next }) => {
        next({ kind: 'view', view: meshView({ context, readOnly: true }) });
        next({ kind: 'rows', upserts: [], removes: [], complete: true });
        return undefined;
      },
    });
    await user.click(await screen.findByRole('button', { name: 'Simulate injection…' }));
    const dialog = await findDialog('Injection simulator');
    const prove = await within(dialog).findByRole('button', { name: 'Prove by a dry run: cart' });
    expect(prove).toBeDisabled();
    expect(prove.title).toContain('Read-only is on');
    await user.click(prove);
    expect(door.calls.some(({ command }) => command === 'injection_prove')).toBe(false);
  });
});

describe('a question', () => {
  it('takes labels as they are written, and refuses what is none', () => {
    expect(labelsOf('app=cart istio.io/rev=1-31')).toEqual({ app: 'cart', 'istio.io/rev': '1-31' });
    expect(labelsOf('')).toEqual({});
    expect(labelsOf('istio.io/rev')).toBeNull();
  });

  it('asks about a pod that need not exist and a namespace with other labels', () => {
    const asked = {
      subject: 'labels' as const,
      namespace: 'shop',
      podLabels: 'istio.io/rev=1-31',
      change: 'labels' as const,
      changed: 'shop',
      namespaceLabels: 'istio.io/rev=1.31',
    };
    const { request, problem } = requestOf('shop-prod', asked, undefined);
    expect(problem).toBe(false);
    expect(request).toEqual({
      context: 'shop-prod',
      subject: { kind: 'labels', namespace: 'shop', pod: { 'istio.io/rev': '1-31' } },
      change: { kind: 'namespace', namespace: 'shop', labels: { 'istio.io/rev': '1.31' } },
    });
  });
});
