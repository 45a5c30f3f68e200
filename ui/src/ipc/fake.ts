import type { CallName, Calls, Door, Observer, Watches, WatchName } from './commands.ts';
import { toApiError } from './error.ts';

export type Handlers = {
  [C in CallName]?: (request: Calls[C][0]) => Calls[C][1] | Promise<Calls[C][1]>;
};

export type Streams = {
  [W in WatchName]?: (request: Watches[W][0], observer: Observer<Watches[W][1]>) => (() => void) | undefined;
};

export interface FakeDoor extends Door {
  /** Every call that was made, in order. */
  calls: { command: CallName; request: unknown }[];
}

/** A door with nothing behind it but the given answers, for tests only. */
export function fakeDoor(handlers: Handlers, streams: Streams = {}): FakeDoor {
  const calls: FakeDoor['calls'] = [];
  let watches = 0;
  return {
    calls,
    async call(command, request) {
      calls.push({ command, request });
      const handler = handlers[command];
      if (!handler) throw toApiError(new Error(`no answer to ${command}`));
      return await handler(request);
    },
    watch(command, request, observer) {
      watches += 1;
      const stream = streams[command];
      const full = { ...request, watchId: `watch-${watches}` } as never;
      return stream?.(full, observer) ?? (() => undefined);
    },
  };
}
