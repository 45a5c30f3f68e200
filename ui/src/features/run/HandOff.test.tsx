import { screen, waitFor, within } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { i18n } from '../../i18n/index.ts';
import type { HandOffView, RunUpdate } from '../../ipc/index.ts';
import { phrase, runSummary, runView } from '../../testing/fixtures.ts';
import { renderAt } from '../../testing/render.tsx';

function waiting(part: Partial<HandOffView>): RunUpdate {
  const handOff: HandOffView = {
    task: 'deployCanary',
    version: '1.18.0.158',
    instance: 'shop-prod',
    console: 'https://console.invalid/',
    simulated: true,
    ...part,
  };
  const sentence = phrase('runHandDeploy', { version: '1.18.0.158' });
  return { view: runView({ summary: runSummary({ sentence, state: 'waiting' }), handOff }), log: [] };
}

function renderRun(update: RunUpdate) {
  return renderAt(
    '/runs/run-27',
    { hand_off_simulate: () => ({}) },
    {
      run_watch: (_, { next }) => {
        next(update);
        return undefined;
      },
    },
  );
}

describe('a step in the ASM console', () => {
  it('the steps are told in the words of the console', async () => {
    renderRun(waiting({}));
    const panel = await screen.findByRole('region', { name: 'In the ASM console' });
    expect(panel).toHaveTextContent('Service Mesh > Mesh Management');
    expect(panel).toHaveTextContent('ASM Instance > Upgrade Management');
    expect(panel).toHaveTextContent('Canary Upgrade > Control plane');
    expect(panel).toHaveTextContent('Confirm upgrade?');

    await i18n.changeLanguage('zh-CN');
    await waitFor(() => expect(panel).toHaveTextContent('服务网格 > 网格管理'));
    expect(panel).toHaveTextContent('网格实例 > 升级管理');
    expect(panel).toHaveTextContent('金丝雀升级 > 控制面');
    expect(panel).toHaveTextContent('确认升级?');
    await i18n.changeLanguage('en-US');
  });

  it('is done from here where the console is simulated', async () => {
    const { user, door } = renderRun(waiting({}));
    await user.click(await screen.findByRole('button', { name: 'Do it in the simulated console' }));
    await waitFor(() => expect(door.calls.map(({ command }) => command)).toContain('hand_off_simulate'));
  });

  it('is left to the user where the console is real', async () => {
    renderRun(waiting({ simulated: false }));
    const panel = await screen.findByRole('region', { name: 'In the ASM console' });
    expect(within(panel).getByRole('link', { name: 'Console' })).toHaveAttribute(
      'href',
      'https://console.invalid/',
    );
    expect(within(panel).queryByRole('button', { name: 'Do it in the simulated console' })).toBeNull();
  });
});
