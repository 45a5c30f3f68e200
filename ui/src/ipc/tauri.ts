import { Channel, invoke } from '@tauri-apps/api/core';
import type { Door } from './commands.ts';
import { toApiError } from './error.ts';
import { nextWatchId } from './watchId.ts';

/** The door of the desktop window. */
export const tauriDoor: Door = {
  async call(command, request) {
    try {
      return await invoke(command, { request });
    } catch (error) {
      throw toApiError(error);
    }
  },

  watch(command, request, observer) {
    const watchId = nextWatchId();
    const channel = new Channel<never>();
    let open = true;
    channel.onmessage = (message) => {
      if (open) observer.next(message);
    };
    invoke(command, { request: { ...request, watchId }, channel }).then(
      () => {
        if (open) observer.ended();
      },
      (error: unknown) => {
        if (open) observer.failed(toApiError(error));
      },
    );
    return () => {
      open = false;
      invoke('watch_end', { request: { watchId } }).catch(() => undefined);
    };
  },
};
