import { createContext, useContext } from 'react';
import type { Door } from './commands.ts';

const DoorContext = createContext<Door | null>(null);

export const DoorProvider = DoorContext.Provider;

export function useDoor(): Door {
  const door = useContext(DoorContext);
  if (!door) throw new Error('no door to the application');
  return door;
}
