import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { test as base } from '@playwright/test';

const root = resolve(import.meta.dirname, '../..');
const binary = join(process.env.CARGO_TARGET_DIR ?? join(root, 'target'), 'debug/meshlift-dev');

/** A test with a development server of its own: the application, the demo mesh, and the built page. */
export const test = base.extend<{ address: string }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright asks for a pattern, and nothing is needed.
  address: async ({}, use) => {
    if (!existsSync(binary)) throw new Error(`${binary} is not built; make test-browser builds it`);
    const data = await mkdtemp(join(tmpdir(), 'meshlift-browser-'));
    const server = start(data);
    try {
      await use(await addressOf(server));
    } finally {
      await end(server);
      await rm(data, { recursive: true, force: true });
    }
  },
});

function start(data: string): ChildProcess {
  const options = ['--operate', '--data', join(data, 'app'), '--port', '0', '--pages', join(root, 'ui/dist')];
  return spawn(binary, [...options, '--demo-pace', 'quick'], {
    // Nothing of the developer's own: no kubeconfig, no settings.
    env: { PATH: process.env.PATH ?? '', HOME: data, LANG: 'C.UTF-8', TZ: 'UTC' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

async function addressOf(server: ChildProcess): Promise<string> {
  if (!server.stdout) throw new Error('the development server has no output');
  const lines = createInterface({ input: server.stdout });
  const limit = AbortSignal.timeout(30_000);
  const [line] = await Promise.race([
    once(lines, 'line', { signal: limit }),
    once(server, 'exit', { signal: limit }).then(([code]) => {
      throw new Error(`the development server ended with ${code}`);
    }),
  ]);
  return String(line);
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null) return;
  const ended = once(server, 'exit', { signal: AbortSignal.timeout(10_000) });
  server.kill('SIGINT');
  await ended.catch(() => server.kill('SIGKILL'));
}
