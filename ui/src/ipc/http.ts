import type { ApiError } from './bindings.ts';
import type { Door } from './commands.ts';
import { isApiError, toApiError } from './error.ts';
import { nextWatchId } from './watchId.ts';

function post(command: string, request: unknown, signal?: AbortSignal): Promise<Response> {
  const token = document.querySelector<HTMLMetaElement>('meta[name="meshlift-token"]')?.content ?? '';
  return fetch(`/api/${command}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-meshlift-token': token },
    body: JSON.stringify(request),
    signal,
  });
}

async function failure(response: Response): Promise<ApiError> {
  const body: unknown = await response.json().catch(() => null);
  return isApiError(body) ? body : toApiError(new Error(`${response.status} ${response.statusText}`));
}

async function* linesOf(body: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const reader = body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.filter((line) => line.trim() !== '');
  }
  if (rest.trim() !== '') yield rest;
}

/** The door of a browser page that the development server serves. */
export const httpDoor: Door = {
  async call(command, request) {
    const response = await post(command, request).catch((error: unknown) => {
      throw toApiError(error);
    });
    if (!response.ok) throw await failure(response);
    return response.json();
  },

  watch(command, request, observer) {
    const watchId = nextWatchId();
    const abort = new AbortController();
    const follow = async () => {
      const response = await post(command, { ...request, watchId }, abort.signal);
      if (!response.ok || !response.body) throw await failure(response);
      for await (const line of linesOf(response.body)) {
        const message = JSON.parse(line);
        if (isApiError(message.error)) throw message.error;
        observer.next(message);
      }
    };
    follow().then(
      () => {
        if (!abort.signal.aborted) observer.ended();
      },
      (error: unknown) => {
        if (!abort.signal.aborted) observer.failed(toApiError(error));
      },
    );
    return () => {
      abort.abort();
      post('watch_end', { watchId }).catch(() => undefined);
    };
  },
};
