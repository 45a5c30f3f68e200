import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { Streams } from '../../ipc/fake.ts';
import type { DataPlaneRow, MeshView } from '../../ipc/index.ts';
import { canaryMesh } from '../../testing/demoCanary.ts';
import {
  contextRow,
  dataPlaneRow,
  finding,
  meshView,
  phrase,
  planView,
  precheck,
} from '../../testing/fixtures.ts';
import { findDialog, renderAt } from '../../testing/render.tsx';

function meshOf(view: MeshView, rows: DataPlaneRow[] = []): Streams {
  return {
    mesh_watch: (_, { next }) => {
      next({ kind: 'view', view });
      next({ kind: 'rows', upserts: rows, removes: [], complete: true });
      return undefined;
    },
  };
}

const inPlace = '/upgrade/shop-prod?tab=in-place';

describe('In-place Upgrade', () => {
  it('says beside a disabled button why it may not be pressed', async () => {
    renderAt(inPlace);
    const upgrade = await screen.findByRole('button', { name: 'Upgrade' });
    expect(upgrade).toBeDisabled();
    expect(upgrade).toHaveAccessibleDescription('Resolve 2 blocking findings first');
  });

  it('shows each finding with what mends it', async () => {
    const { user } = renderAt(inPlace);
    const findings = await screen.findByRole('list', { name: 'Findings' });
    expect(
      within(findings).getByText('istio.io/rev=1-28: new pods would start without a sidecar'),
    ).toBeVisible();
    await user.click(within(findings).getByRole('button', { name: /^Show fix/ }));
    expect(within(findings).getByText(/kubectl .* label namespace batch-jobs/)).toBeVisible();
  });

  it("says in the user's language what could not be read", async () => {
    const consequence = {
      ...phrase('findCannotTellThen'),
      nested: { what: phrase('gapSync'), why: phrase('unreadAsmIstiod') },
    };
    const unread = finding({ what: phrase('findCannotTell'), subject: "istiod's sync status", consequence });
    const view = meshView();
    const held = { ...view.inPlace, findings: precheck([unread]) };
    const { user } = renderAt(inPlace, {}, meshOf(meshView({ inPlace: held })));
    await user.click(await screen.findByRole('button', { name: '中文' }));
    const findings = await screen.findByRole('list', { name: '检查结果' });
    expect(within(findings).getByText('istiod 的同步状态')).toBeVisible();
    expect(findings).toHaveTextContent('istiod 由 ASM 运行');
    expect(findings).not.toHaveTextContent('sync status');
  });

  it('runs the precheck for the method of the tab', async () => {
    const { user, door } = renderAt(inPlace, { precheck_run: () => precheck() });
    await user.click(await screen.findByRole('button', { name: 'Perform Upgrade Precheck' }));
    expect(door.calls.find(({ command }) => command === 'precheck_run')?.request).toEqual({
      context: 'shop-prod',
      method: 'inPlace',
    });
  });

  it('says that a precheck for another target has to be run again', async () => {
    const view = meshView();
    const unchecked = { ...view.inPlace, findings: null, checkedFor: '1.30.7' };
    const { user } = renderAt(
      inPlace,
      { precheck_run: () => ({ ...precheck(), target: '1.30.7' }) },
      meshOf(meshView({ inPlace: unchecked })),
    );
    const sentence = 'Run it again for 1.31.1: the last precheck was for 1.30.7';
    expect(await screen.findByText(sentence)).toBeVisible();
    // An answer that is for another target than the chosen one is not shown as if it were for this one.
    await user.click(screen.getByRole('button', { name: 'Perform Upgrade Precheck' }));
    await waitFor(() => expect(screen.getByText(sentence)).toBeVisible());
    expect(screen.queryByRole('list', { name: 'Findings' })).not.toBeInTheDocument();
  });

  it('shows the commands of what is selected', async () => {
    const { user } = renderAt(
      inPlace,
      {},
      meshOf(meshView(), [dataPlaneRow(), dataPlaneRow({ name: 'geo' })]),
    );
    await user.click(await screen.findByRole('checkbox', { name: 'Select shop' }));
    expect(screen.getByRole('button', { name: 'Rolling Upgrade (2)' })).toBeEnabled();
    expect(screen.getByText('2 selected · pods: 6')).toBeVisible();
    expect(screen.getByText('kubectl --context shop-prod -n shop rollout restart deploy/cart')).toBeVisible();
  });

  it('opens the whole reason below a row', async () => {
    const { user } = renderAt(inPlace, {}, meshOf(meshView(), [dataPlaneRow()]));
    await user.click(await screen.findByRole('button', { name: /^Why cart/ }));
    expect(
      screen.getByText(/Revision 1-31 would inject it: Namespace label istio.io\/rev=1-31/),
    ).toBeVisible();
  });

  it('says once in the foot what many grey actions share', async () => {
    const restart = {
      available: false,
      reason: { code: 'reasonControlPlaneFirst' as const, params: {}, nested: {} },
    };
    const rows = ['a', 'b', 'c'].map((name) => dataPlaneRow({ name, restart }));
    renderAt(inPlace, {}, meshOf(meshView(), rows));
    expect(await screen.findByText('3 grey actions: Upgrade the control plane first')).toBeVisible();
  });
});

describe('the confirmation', () => {
  it('names the cluster, asks to type its name, and starts exactly the plan that was shown', async () => {
    const { user, door, history } = renderAt(
      inPlace,
      { plan_make: () => planView(), run_start: () => ({ runId: 'run-9' }) },
      meshOf(meshView(), [dataPlaneRow()]),
    );
    await user.click(await screen.findByRole('button', { name: 'Rolling Upgrade cart' }));
    const dialog = await findDialog('Important');
    expect(within(dialog).getByText('https://10.20.4.11:6443')).toBeVisible();
    expect(within(dialog).getByRole('region', { name: 'What will not' })).toHaveTextContent(
      'Traffic rules are not changed',
    );
    const ok = within(dialog).getByRole('button', { name: 'OK' });
    expect(ok).toHaveAccessibleDescription('Type the name first');
    await user.type(within(dialog).getByRole('textbox', { name: 'Type shop-prod to confirm' }), 'shop-prod');
    await user.click(ok);
    await waitFor(() => expect(history.location.pathname).toBe('/runs/run-9'));
    expect(door.calls.find(({ command }) => command === 'run_start')?.request).toEqual({
      digest: 'sha256:5d1c',
      consents: [],
      acknowledgements: [],
      typedName: 'shop-prod',
    });
  });

  it('goes on over a blocking finding only with a reason', async () => {
    const { user, door } = renderAt(
      inPlace,
      { plan_make: () => planView({ protected: false, findings: [finding()] }) },
      meshOf(meshView(), [dataPlaneRow()]),
    );
    await user.click(await screen.findByRole('button', { name: 'Rolling Upgrade cart' }));
    const ok = await screen.findByRole('button', { name: 'OK' });
    expect(ok).toHaveAccessibleDescription('Agree to the questions first');
    await user.type(
      screen.getByRole('textbox', { name: /^Reason for Label with no webhook behind it/ }),
      'batch-jobs is gone tomorrow',
    );
    await user.click(ok);
    await waitFor(() =>
      expect(door.calls.find(({ command }) => command === 'run_start')?.request).toMatchObject({
        acknowledgements: [{ finding: 'P-06:Namespace batch-jobs', reason: 'batch-jobs is gone tomorrow' }],
      }),
    );
  });

  it('does not start before every question is agreed to', async () => {
    const question = { code: 'consentRecreate' as const, params: { workload: 'shop/cart' }, nested: {} };
    const { user } = renderAt(
      inPlace,
      { plan_make: () => planView({ protected: false, consents: [{ id: 'c1', question }] }) },
      meshOf(meshView(), [dataPlaneRow()]),
    );
    await user.click(await screen.findByRole('button', { name: 'Rolling Upgrade cart' }));
    const ok = await screen.findByRole('button', { name: 'OK' });
    expect(ok).toBeDisabled();
    await user.click(screen.getByRole('checkbox', { name: 'shop/cart stops before it starts again' }));
    expect(ok).toBeEnabled();
  });

  it('lets the operator choose which workload goes first and how many follow at a time', async () => {
    const rows = [dataPlaneRow(), dataPlaneRow({ id: 'shop/Deployment/geo', name: 'geo' })];
    const { user, door } = renderAt(
      inPlace,
      {
        plan_make: ({ operation }) =>
          planView({
            protected: false,
            digest: operation.kind === 'restart' && operation.first ? 'sha256:geo' : 'sha256:any',
          }),
        run_start: () => ({ runId: 'run-9' }),
      },
      meshOf(meshView(), rows),
    );
    await user.click(await screen.findByRole('checkbox', { name: 'Select shop' }));
    await user.click(screen.getByRole('button', { name: 'Rolling Upgrade (2)' }));
    const dialog = await findDialog('Important');
    await user.click(within(dialog).getByRole('combobox', { name: 'Goes first, alone' }));
    await user.click(await screen.findByTitle('shop/Deployment/geo'));
    await user.click(within(dialog).getByRole('combobox', { name: 'Workloads at a time' }));
    await user.click(await screen.findByTitle('5'));
    const asked = door.calls.filter(({ command }) => command === 'plan_make');
    expect(asked.at(-1)?.request).toEqual({
      context: 'shop-prod',
      operation: {
        kind: 'restart',
        workloads: rows.map(({ id }) => id),
        first: 'shop/Deployment/geo',
        width: 5,
      },
    });
    await user.click(within(dialog).getByRole('button', { name: 'OK' }));
    await waitFor(() =>
      expect(door.calls.find(({ command }) => command === 'run_start')?.request).toMatchObject({
        digest: 'sha256:geo',
      }),
    );
  });

  it('never makes a step without a way back the primary button', async () => {
    const { user } = renderAt(
      inPlace,
      { plan_make: () => planView({ protected: false, reversible: false }) },
      meshOf(meshView(), [dataPlaneRow()]),
    );
    await user.click(await screen.findByRole('button', { name: 'Rolling Upgrade cart' }));
    expect(await screen.findByRole('button', { name: 'OK' })).not.toHaveClass('ant-btn-primary');
  });
});

describe('Canary Upgrade', () => {
  it('offers what the state allows and says why not for the rest', async () => {
    renderAt('/upgrade/shop-prod?tab=canary', {}, meshOf(canaryMesh));
    expect(await screen.findByRole('button', { name: 'Promote…' })).toBeEnabled();
    expect(screen.getByRole('button', { name: 'Unpublish…' })).toHaveAccessibleDescription(
      'Promote the canary first',
    );
  });

  it('moves a namespace to the canary and another one back', async () => {
    const { user, door } = renderAt(
      '/upgrade/shop-prod?tab=canary&pane=data-plane',
      { plan_make: () => planView() },
      meshOf(canaryMesh, [dataPlaneRow()]),
    );
    const grid = await screen.findByRole('grid', { name: 'Namespaces' });
    expect(within(grid).getByRole('button', { name: 'Move back… catalog' })).toBeVisible();
    await user.click(within(grid).getByRole('button', { name: 'Move to canary… payments' }));
    await findDialog('Important');
    expect(door.calls.find(({ command }) => command === 'plan_make')?.request).toEqual({
      context: 'shop-prod',
      operation: { kind: 'moveNamespaces', namespaces: ['payments'], to: 'canary', restart: false },
    });
  });

  it('draws a square for every pod where it is and where it lands', async () => {
    renderAt('/upgrade/shop-prod?tab=canary&pane=data-plane', {}, meshOf(canaryMesh));
    const row = await screen.findByRole('row', { name: /^Select shop shop 14/ });
    expect(within(row).getByRole('img', { name: '34 to restart' })).toBeVisible();
    expect(within(row).getByRole('img', { name: '9 moved, 34 land here after their restart' })).toBeVisible();
  });

  it('lists the workloads that wait for a restart', async () => {
    renderAt(
      '/upgrade/shop-prod?tab=canary&pane=data-plane',
      {},
      meshOf(canaryMesh, [dataPlaneRow(), dataPlaneRow({ name: 'done', state: 'upToDate' })]),
    );
    const grid = await screen.findByRole('grid', { name: 'Workloads To Be Upgraded' });
    expect(await within(grid).findByRole('checkbox', { name: 'Select cart' })).toBeEnabled();
    expect(within(grid).queryByText('done')).not.toBeInTheDocument();
  });
});

describe('opening a context', () => {
  it('executes nothing before the user says so', async () => {
    const { user, door } = renderAt('/upgrade/partner', {
      context_list: () => ({
        contexts: [contextRow({ name: 'partner', executes: 'aws eks get-token', open: false })],
        problems: [],
        current: null,
      }),
    });
    expect(await screen.findByText('aws eks get-token')).toBeVisible();
    const opened = () => door.calls.filter(({ command }) => command === 'context_open');
    expect(opened()).toEqual([]);
    await user.click(screen.getByRole('button', { name: 'Open' }));
    await waitFor(() => expect(opened()).toHaveLength(1));
  });

  it('tells that the kubeconfig leads elsewhere, and goes there only when asked', async () => {
    const { user, door } = renderAt('/upgrade/shop-prod', {
      context_list: () => ({
        contexts: [contextRow({ movedTo: 'https://10.9.9.9:6443' })],
        problems: [],
        current: null,
      }),
      context_close: () => ({}),
    });
    expect(await screen.findByText(/opened at https:\/\/10\.20\.4\.11:6443/)).toHaveTextContent(
      'now leads to https://10.9.9.9:6443',
    );
    const called = () =>
      door.calls.map(({ command }) => command).filter((name) => /^context_(close|open)$/.test(name));
    expect(called()).toEqual(['context_open']);

    await user.click(screen.getByRole('button', { name: 'Open it there' }));

    await waitFor(() => expect(called()).toEqual(['context_open', 'context_close', 'context_open']));
    expect(await screen.findByRole('tab', { name: 'In-place Upgrade' })).toBeVisible();
  });

  it('does not go on showing the mesh that was left when the other one cannot be opened', async () => {
    let opened = 0;
    const { user } = renderAt('/upgrade/shop-prod', {
      context_list: () => ({
        contexts: [contextRow({ movedTo: 'https://10.9.9.9:6443' })],
        problems: [],
        current: null,
      }),
      context_close: () => ({}),
      context_open: () => {
        opened += 1;
        if (opened === 1) return contextRow({ movedTo: 'https://10.9.9.9:6443' });
        return Promise.reject({
          code: 'unreachable',
          message: '10.9.9.9:6443 does not answer',
          said: null,
          detail: [],
          hint: null,
          retryable: true,
        });
      },
    });
    await user.click(await screen.findByRole('button', { name: 'Open it there' }));

    expect(await screen.findByRole('alert')).toHaveTextContent('10.9.9.9:6443 does not answer');
    expect(screen.queryByRole('tab', { name: 'In-place Upgrade' })).toBeNull();
  });

  it('says in one sentence why a cluster is not reached, details folded', async () => {
    const { user } = renderAt('/upgrade/shop-prod', {
      context_open: () =>
        Promise.reject({
          code: 'wrongAuthority',
          message: 'shop-prod, 10.20.4.11:6443',
          said: null,
          detail: ['unknown issuer'],
          hint: { code: 'hintCheckCa', params: {}, nested: {} },
          retryable: true,
        }),
    });
    const alert = await screen.findByRole('alert');
    expect(alert).toHaveTextContent("The server's certificate is not signed by the expected authority");
    expect(alert).not.toHaveTextContent('unknown issuer');
    await user.click(within(alert).getByRole('button', { name: 'Details' }));
    expect(alert).toHaveTextContent('unknown issuer');
    expect(within(alert).getByRole('button', { name: 'Retry' })).toBeVisible();
  });
});
