import type { ApiError, Calls, Watches } from './bindings.ts';

export type { Calls, Watches };

export type CallName = keyof Calls;
export type WatchName = keyof Watches;
export type Request<C extends CallName> = Calls[C][0];
export type Answer<C extends CallName> = Calls[C][1];
export type WatchRequest<W extends WatchName> = Omit<Watches[W][0], 'watchId'>;
export type Message<W extends WatchName> = Watches[W][1];

export interface Observer<M> {
  next: (message: M) => void;
  failed: (error: ApiError) => void;
  /** There is nothing more to say. */
  ended: () => void;
}

/** The one way from the window to the application. */
export interface Door {
  call<C extends CallName>(command: C, request: Request<C>): Promise<Answer<C>>;
  /** Returns the function that ends the watch. */
  watch<W extends WatchName>(
    command: W,
    request: WatchRequest<W>,
    observer: Observer<Message<W>>,
  ): () => void;
}
