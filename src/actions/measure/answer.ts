import type { Json } from '../../runbook/model/values.ts';
import type { Measured } from '../../session/ports.ts';

/** Why a probe has no value; stable, for people and for `code` in a reading. */
export const unknownCodes = {
  timeout: 'It took longer than the probe allows.',
  stopped: 'The measurement was called off.',
  unset: 'A value that the probe needs is not set.',
  needs_person: 'A person has to read it off something.',
  missing_tool: 'The program is not installed, or not in PATH.',
  not_started: 'The program could not be started.',
  signalled: 'The program was ended by a signal.',
  exit: 'The program failed, and what it printed has no value in it.',
  unanswered: 'Our own command could not find out: it says so by its exit code.',
  status: 'The server answered with an error, and what it sent has no value in it.',
  too_large: 'The answer is larger than a probe reads.',
  bad_url: 'The address is not one that can be asked.',
  connection: 'There is no connection.',
  dns: 'The host name is not known.',
  tls: 'The server could not prove who it is.',
  no_connection: 'The runbook has no connection of that name.',
  query: 'The query was refused.',
  writes: 'The query would write, and probes only read.',
  busy: 'The database is locked.',
  denied: 'Access was denied.',
  not_regular: 'It is not a regular file.',
  not_json: 'What was read is not JSON.',
  no_value: 'There is nothing that the path could lead into.',
  bad_pattern: 'The pattern cannot be used.',
  not_number: 'A number is needed, and there is none.',
  no_data: 'There are no samples.',
  nan: 'The value is not a number (NaN).',
  infinite: 'The value is infinite.',
  many_series: 'There are several series where one is needed.',
  stale: 'The newest sample is too old.',
  bad_answer: 'The server does not answer like the one that was expected.',
  elsewhere: 'The command runs elsewhere, and there is no way to start it there.',
} as const;

export type UnknownCode = keyof typeof unknownCodes;

export type Unknown = { readonly ok: false; readonly code: UnknownCode; readonly detail: string };
export type Known = Extract<Measured, { ok: true }>;
export type Answer = Known | Unknown;

export const unknown = (code: UnknownCode, detail: string): Unknown => ({
  ok: false,
  code,
  detail: detail || unknownCodes[code],
});

export const known = (value: Json, rest: Partial<Omit<Known, 'ok' | 'value'>> = {}): Known => ({
  ok: true,
  value,
  exit: null,
  status: null,
  headers: {},
  text: typeof value === 'string' ? value : JSON.stringify(value),
  ...rest,
});

/** What every kind of probe is given besides its own request. */
export interface Limits {
  /** Aborted at the probe's deadline (reason `timeout`) or when nobody waits any more (`stopped`). */
  readonly signal: AbortSignal;
  /** Milliseconds that are left, for servers that keep time themselves. */
  readonly leftMs: number;
  readonly mostBytes: number;
}

/** Why the signal was aborted, as an answer. */
export function abortedAnswer(signal: AbortSignal): Unknown {
  return signal.reason === 'timeout' ? unknown('timeout', '') : unknown('stopped', '');
}

export const errorText = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

/** The `code` of a Node error, here or in what caused it. */
export function errorCode(cause: unknown): string | null {
  for (let error = cause; error instanceof Error; error = error.cause) {
    if ('code' in error && typeof error.code === 'string') return error.code;
    if (error instanceof AggregateError && error.errors[0] instanceof Error)
      return errorCode(error.errors[0]);
  }
  return null;
}
