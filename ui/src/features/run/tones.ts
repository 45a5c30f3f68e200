import type { CellState, LogKind, RunState } from '../../ipc/index.ts';
import type { PodMark } from '../../parts/PodSquares.tsx';
import type { Tone } from '../../parts/StateMark.tsx';

export const runTone: Record<RunState, Tone> = {
  running: 'run',
  pausing: 'run',
  paused: 'idle',
  waiting: 'warn',
  asking: 'warn',
  interrupted: 'warn',
  succeeded: 'ok',
  failed: 'bad',
  aborted: 'none',
};

export const cellMark: Record<CellState, PodMark> = {
  pending: 'waiting',
  asks: 'waiting',
  restarting: 'waiting',
  verifying: 'restarts',
  done: 'moved',
  failed: 'failed',
  skipped: 'stays',
};

export type LogTone = 'ok' | 'warn' | 'bad' | 'run';

export const logTone: Partial<Record<LogKind, LogTone>> = {
  done: 'ok',
  warn: 'warn',
  fail: 'bad',
  wait: 'run',
};
