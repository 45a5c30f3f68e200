import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ApiError } from './bindings.ts';
import { httpDoor } from './http.ts';
import { chooseDoor } from './index.ts';
import { tauriDoor } from './tauri.ts';

const readOnly: ApiError = {
  code: 'readOnly',
  message: 'read-only is on',
  said: null,
  detail: [],
  hint: null,
  retryable: false,
};

function answering(body: BodyInit, status = 200) {
  const fetched = vi.fn(async () => new Response(body, { status }));
  vi.stubGlobal('fetch', fetched);
  return fetched;
}

afterEach(() => {
  vi.unstubAllGlobals();
  document.head.innerHTML = '';
  Reflect.deleteProperty(window, '__TAURI_INTERNALS__');
});

describe('the door of a browser page', () => {
  it('posts the request with the token of the page', async () => {
    document.head.innerHTML = '<meta name="meshlift-token" content="secret">';
    const fetched = answering('[]');
    await expect(httpDoor.call('run_list', {})).resolves.toEqual([]);
    const [path, init] = fetched.mock.calls[0] as unknown as [string, RequestInit];
    expect(path).toBe('/api/run_list');
    expect(init.method).toBe('POST');
    expect(init.headers).toMatchObject({ 'x-meshlift-token': 'secret' });
  });

  it('fails with the error of the application', async () => {
    answering(JSON.stringify(readOnly), 403);
    await expect(httpDoor.call('run_pause', { runId: '1' })).rejects.toEqual(readOnly);
  });

  it('reads a stream line by line, however it is cut', async () => {
    const encoder = new TextEncoder();
    const pieces = [
      '{"kind":"contexts',
      'Changed"}\n{"kind":"settingsChanged"}\n',
      JSON.stringify({ error: readOnly }),
    ];
    answering(
      new ReadableStream({
        start(controller) {
          for (const piece of pieces) controller.enqueue(encoder.encode(piece));
          controller.close();
        },
      }),
    );
    const seen: unknown[] = [];
    const error = await new Promise((failed) => {
      httpDoor.watch(
        'app_watch',
        {},
        {
          next: (message) => seen.push(message),
          failed,
          ended: () => failed('ended without its error'),
        },
      );
    });
    expect(seen).toEqual([{ kind: 'contextsChanged' }, { kind: 'settingsChanged' }]);
    expect(error).toEqual(readOnly);
  });
});

describe('a stream that has no more to say', () => {
  it('ends without an error', async () => {
    answering('{"kind":"settingsChanged"}\n');
    const outcome = await new Promise((done) => {
      httpDoor.watch('app_watch', {}, { next: () => undefined, failed: done, ended: () => done('ended') });
    });
    expect(outcome).toBe('ended');
  });
});

describe('the door of the desktop window', () => {
  it('invokes the command of the same name with the same request', async () => {
    const invoke = vi.fn(async () => []);
    vi.stubGlobal('__TAURI_INTERNALS__', { invoke });
    expect(chooseDoor()).toBe(tauriDoor);
    await tauriDoor.call('run_list', {});
    expect(invoke.mock.calls[0]?.slice(0, 2)).toEqual(['run_list', { request: {} }]);
  });

  it('fails with the error of the application', async () => {
    vi.stubGlobal('__TAURI_INTERNALS__', { invoke: () => Promise.reject(readOnly) });
    await expect(tauriDoor.call('run_pause', { runId: '1' })).rejects.toEqual(readOnly);
  });
});
