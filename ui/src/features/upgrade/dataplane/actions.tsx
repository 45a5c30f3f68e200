import { createContext, useContext } from 'react';
import type { DataPlaneRow, OperationRequest } from '../../../ipc/index.ts';

interface Actions {
  restart: (rows: readonly DataPlaneRow[]) => void;
}

const ActionsContext = createContext<Actions>({ restart: () => undefined });

export const DataPlaneActions = ActionsContext.Provider;

export function useDataPlaneActions(): Actions {
  return useContext(ActionsContext);
}

/** Gateways that the install renders are upgraded with it, those of ASM by its API, all others by a restart. */
export function restartOf(rows: readonly DataPlaneRow[]): OperationRequest {
  if (rows.length > 0 && rows.every((row) => row.why.code === 'whyAsmGateway')) {
    return { kind: 'upgradeNamedGateways', gateways: rows.map((row) => row.id) };
  }
  if (rows.length > 0 && rows.every((row) => row.gateway && row.why.code === 'whyInstalledGateway')) {
    return { kind: 'upgradeGateways' };
  }
  return { kind: 'restart', workloads: rows.map((row) => row.id), first: null, width: null };
}
