import type { StepStatus } from '../machine/view.ts';
import type { Role } from './theme.ts';

/** Two sets of signs; every one stands beside a word, so that a font without it costs nothing. */
export interface Glyphs {
  readonly status: Readonly<Record<StepStatus, string>>;
  readonly pass: string;
  readonly fail: string;
  readonly unknown: string;
  readonly noWayBack: string;
  readonly clock: string;
  readonly badge: readonly [string, string];
  readonly pointer: string;
  readonly bullet: string;
  readonly dot: string;
  readonly more: string;
  readonly down: string;
  readonly up: string;
  readonly arrow: string;
  readonly rule: string;
  readonly bar: string;
  readonly corners: readonly [string, string, string, string];
  readonly spark: readonly string[];
  readonly gap: string;
  readonly spinner: readonly string[];
  readonly cursor: string;
}

const unicode: Glyphs = {
  status: {
    todo: '·',
    idle: '·',
    ready: '▶',
    guarding: '▶',
    performing: '▶',
    verifying: '▶',
    failed: '✗',
    unknown: '?',
    in_doubt: '?',
    done: '✓',
    skipped: '»',
    undone: '«',
  },
  pass: '✓',
  fail: '✗',
  unknown: '?',
  noWayBack: '▲',
  clock: '◷',
  badge: ['▌', '▐'],
  pointer: '❯',
  bullet: '•',
  dot: '·',
  more: '…',
  down: '▼',
  up: '▲',
  arrow: '→',
  rule: '─',
  bar: '│',
  corners: ['┌', '┐', '└', '┘'],
  spark: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'],
  gap: ' ',
  spinner: ['◐', '◓', '◑', '◒'],
  cursor: '▏',
};

const ascii: Glyphs = {
  status: {
    todo: '.',
    idle: '.',
    ready: '>',
    guarding: '>',
    performing: '>',
    verifying: '>',
    failed: 'x',
    unknown: '?',
    in_doubt: '?',
    done: '+',
    skipped: '~',
    undone: '<',
  },
  pass: '+',
  fail: 'x',
  unknown: '?',
  noWayBack: '!!',
  clock: 't',
  badge: ['[', ']'],
  pointer: '>',
  bullet: '*',
  dot: '-',
  more: '~',
  down: 'v',
  up: '^',
  arrow: '->',
  rule: '-',
  bar: '|',
  corners: ['+', '+', '+', '+'],
  spark: ['_', '.', ':', '-', '=', '+', '*', '#'],
  gap: ' ',
  spinner: ['|', '/', '-', '\\'],
  cursor: '_',
};

export const glyphsOf = (onlyAscii: boolean): Glyphs => (onlyAscii ? ascii : unicode);

/** The word that always stands beside the sign. */
export const statusWord: Readonly<Record<StepStatus, string>> = {
  todo: 'to do',
  idle: 'waiting',
  ready: 'ready',
  guarding: 'guard is read',
  performing: 'running',
  verifying: 'verifying',
  failed: 'FAILED',
  unknown: 'UNKNOWN',
  in_doubt: 'IN DOUBT',
  done: 'done',
  skipped: 'skipped',
  undone: 'undone',
};

export const statusRole: Readonly<Record<StepStatus, Role>> = {
  todo: 'dim',
  idle: 'dim',
  ready: 'running',
  guarding: 'running',
  performing: 'running',
  verifying: 'running',
  failed: 'bad',
  unknown: 'unknown',
  in_doubt: 'unknown',
  done: 'good',
  skipped: 'unknown',
  undone: 'dim',
};

export const resultRole = { pass: 'good', fail: 'bad', unknown: 'unknown' } as const;
