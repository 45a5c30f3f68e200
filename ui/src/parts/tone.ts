import type { Mark } from '../ipc/index.ts';
import type { Tone } from './StateMark.tsx';

export const toneOf: Record<Mark, Tone> = {
  ok: 'ok',
  idle: 'idle',
  busy: 'run',
  warning: 'warn',
  bad: 'bad',
  outside: 'none',
};
