import type { ApiError, LogLine, RunUpdate, RunView } from '../ipc/index.ts';

export interface RunLive {
  view: RunView | null;
  log: readonly LogLine[];
  failure: ApiError | null;
}

export const noRun: RunLive = { view: null, log: [], failure: null };

/** Lines are told apart by their number, so a line delivered twice shows once. */
export function foldRun(state: RunLive, updates: readonly RunUpdate[]): RunLive {
  const last = updates.at(-1);
  if (!last) return state;
  const log = [...state.log];
  let seq = log.at(-1)?.seq ?? 0;
  for (const line of updates.flatMap((update) => update.log)) {
    if (line.seq <= seq) continue;
    log.push(line);
    seq = line.seq;
  }
  return { view: last.view, log, failure: null };
}

export function runFailed(state: RunLive, failure: ApiError): RunLive {
  return { ...state, failure };
}
