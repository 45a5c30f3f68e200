import { createContext, type PropsWithChildren, useContext, useState } from 'react';
import type { MeshView } from '../../ipc/index.ts';
import { InjectionDialog } from './InjectionDialog.tsx';

/** The row that the simulator is opened from; null for the whole mesh. */
type Row = { id: string; name: string } | null;

const SimulatorContext = createContext<((row: Row) => void) | null>(null);

export function SimulatorProvider({ view, children }: PropsWithChildren<{ view: MeshView }>) {
  const [row, setRow] = useState<Row>();
  return (
    <SimulatorContext value={setRow}>
      {children}
      {row !== undefined && (
        <InjectionDialog view={view} row={row ?? undefined} onClose={() => setRow(undefined)} />
      )}
    </SimulatorContext>
  );
}

/** Opens the injection simulator; null outside of a mesh. */
export function useSimulator(): ((row: Row) => void) | null {
  return useContext(SimulatorContext);
}
