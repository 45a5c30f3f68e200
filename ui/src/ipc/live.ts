import type { ApiError } from './bindings.ts';
import type { Door, Message, WatchName, WatchRequest } from './commands.ts';

export interface LiveOptions<W extends WatchName, S> {
  command: W;
  /** Asked again at every reconnection, so that a log goes on where it ended. */
  request: (state: S) => WatchRequest<W>;
  initial: S;
  fold: (state: S, messages: readonly Message<W>[]) => S;
  failed: (state: S, error: ApiError) => S;
  /** Whether a state that has ended needs no further watching. */
  final?: (state: S) => boolean;
}

export interface Live<S> {
  subscribe: (onChange: () => void) => () => void;
  snapshot: () => S;
}

const retryAfter = [500, 1000, 2000, 4000, 8000];
const lingerFor = 2000;

/** A state folded from a watch. It is followed while somebody looks, and published once per frame. */
export function createLive<W extends WatchName, S>(door: Door, options: LiveOptions<W, S>): Live<S> {
  const listeners = new Set<() => void>();
  let state = options.initial;
  let end: (() => void) | undefined;
  let pending: Message<W>[] = [];
  let frame: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempts = 0;

  const publish = (next: S) => {
    state = next;
    for (const listener of listeners) listener();
  };

  const flush = () => {
    frame = undefined;
    const messages = pending;
    pending = [];
    publish(options.fold(state, messages));
  };

  const again = () => {
    const wait = retryAfter[Math.min(attempts, retryAfter.length - 1)];
    attempts += 1;
    if (listeners.size > 0) timer = setTimeout(start, wait);
  };

  const start = () => {
    end = door.watch(options.command, options.request(state), {
      next: (message) => {
        attempts = 0;
        pending.push(message);
        frame ??= requestAnimationFrame(flush);
      },
      failed: (error) => {
        end = undefined;
        publish(options.failed(state, error));
        if (error.retryable) again();
      },
      ended: () => {
        if (frame !== undefined) {
          cancelAnimationFrame(frame);
          flush();
        }
        if (options.final?.(state)) return;
        end = undefined;
        again();
      },
    });
  };

  const stop = () => {
    clearTimeout(timer);
    if (frame !== undefined) cancelAnimationFrame(frame);
    frame = undefined;
    pending = [];
    end?.();
    end = undefined;
  };

  return {
    snapshot: () => state,
    subscribe: (onChange) => {
      listeners.add(onChange);
      clearTimeout(timer);
      if (!end) start();
      return () => {
        listeners.delete(onChange);
        if (listeners.size === 0) timer = setTimeout(stop, lingerFor);
      };
    },
  };
}
