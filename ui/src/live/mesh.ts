import type { ApiError, Connection, DataPlaneRow, MeshEvent, MeshView } from '../ipc/index.ts';

export interface MeshState {
  view: MeshView | null;
  connection: Connection;
  rows: ReadonlyMap<string, DataPlaneRow>;
  /** The first complete reading has arrived. */
  complete: boolean;
  /** Ids seen since the watch began; what an earlier one left behind goes when the reading is complete. */
  seen: ReadonlySet<string> | null;
  failure: ApiError | null;
}

export const noMesh: MeshState = {
  view: null,
  connection: { state: 'reading', readAt: null, problem: null },
  rows: new Map(),
  complete: false,
  seen: new Set(),
  failure: null,
};

type RowsEvent = Extract<MeshEvent, { kind: 'rows' }>;

function withRows(state: MeshState, events: readonly RowsEvent[]): MeshState {
  const rows = new Map(state.rows);
  const seen = state.seen && new Set(state.seen);
  let { complete } = state;
  let reading = seen;
  for (const { upserts, removes, complete: done } of events) {
    for (const row of upserts) {
      rows.set(row.id, row);
      reading?.add(row.id);
    }
    for (const id of removes) rows.delete(id);
    if (done && reading) {
      for (const id of rows.keys()) if (!reading.has(id)) rows.delete(id);
      reading = null;
      complete = true;
    }
  }
  return { ...state, rows, seen: reading, complete };
}

export function foldMesh(state: MeshState, events: readonly MeshEvent[]): MeshState {
  let next: MeshState = { ...state, failure: null };
  const rows: RowsEvent[] = [];
  for (const event of events) {
    switch (event.kind) {
      case 'view':
        next = { ...next, view: event.view };
        break;
      case 'connection':
        next = { ...next, connection: event.connection };
        break;
      case 'rows':
        rows.push(event);
        break;
    }
  }
  return rows.length > 0 ? withRows(next, rows) : next;
}

export function meshFailed(state: MeshState, failure: ApiError): MeshState {
  return {
    ...state,
    failure,
    seen: new Set(),
    connection: { state: 'lost', readAt: state.connection.readAt, problem: failure },
  };
}
