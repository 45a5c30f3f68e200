import type { Door } from './commands.ts';
import { httpDoor } from './http.ts';
import { tauriDoor } from './tauri.ts';

export type * from './bindings.ts';
export type { Door, Observer } from './commands.ts';
export { DoorProvider, useDoor } from './context.tsx';
export { toApiError } from './error.ts';

export function chooseDoor(): Door {
  return '__TAURI_INTERNALS__' in window ? tauriDoor : httpDoor;
}
