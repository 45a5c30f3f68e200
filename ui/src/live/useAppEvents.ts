import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { invalidateFor } from '../ipc/cache.ts';
import { useDoor } from '../ipc/index.ts';

const retryAfter = 3000;

/** What changed in the application makes the answers that rest on it stale. */
export function useAppEvents(): void {
  const door = useDoor();
  const client = useQueryClient();

  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let end: () => void = () => undefined;
    const again = () => {
      timer = setTimeout(follow, retryAfter);
    };
    const follow = () => {
      end = door.watch(
        'app_watch',
        {},
        {
          next: (event) => invalidateFor(client, event),
          failed: again,
          ended: again,
        },
      );
    };
    follow();
    return () => {
      clearTimeout(timer);
      end();
    };
  }, [door, client]);
}
