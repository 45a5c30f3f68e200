import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AppEvent } from './bindings.ts';
import type { Observer } from './commands.ts';
import { fakeDoor } from './fake.ts';
import { createLive } from './live.ts';

let observers: Observer<AppEvent>[];

function counting(final: boolean) {
  const door = fakeDoor(
    {},
    {
      app_watch: (_, observer) => {
        observers.push(observer);
        return undefined;
      },
    },
  );
  return createLive(door, {
    command: 'app_watch',
    request: () => ({}),
    initial: 0,
    fold: (count: number, events) => count + events.length,
    failed: (count) => count,
    final: () => final,
  });
}

beforeEach(() => {
  observers = [];
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a watched state', () => {
  it('publishes once per frame, however many messages arrive', () => {
    const live = counting(false);
    const changed = vi.fn();
    live.subscribe(changed);
    for (let message = 0; message < 50; message += 1) observers[0]?.next({ kind: 'settingsChanged' });
    vi.advanceTimersByTime(40);
    expect(live.snapshot()).toBe(50);
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it('watches again after a failure that may pass, and not after another', () => {
    const live = counting(false);
    live.subscribe(() => undefined);
    const failure = { code: 'unreachable' as const, message: '', said: null, detail: [], hint: null };
    observers[0]?.failed({ ...failure, retryable: true });
    vi.advanceTimersByTime(600);
    expect(observers).toHaveLength(2);
    observers[1]?.failed({ ...failure, retryable: false });
    vi.advanceTimersByTime(60_000);
    expect(observers).toHaveLength(2);
  });

  it('keeps the last message when the stream ends for good', () => {
    const live = counting(true);
    live.subscribe(() => undefined);
    observers[0]?.next({ kind: 'settingsChanged' });
    observers[0]?.ended();
    vi.advanceTimersByTime(60_000);
    expect(live.snapshot()).toBe(1);
    expect(observers, 'nothing is asked again').toHaveLength(1);
  });
});
