import { call, fields, type Answer } from '../http.ts';
import type { SandboxValues } from '../state.ts';

/** Where shopctl writes. */
export interface Output {
  out(text: string): void;
  err(text: string): void;
}

/** What every command of shopctl gets, once the sandbox has proved itself. */
export interface Context extends Output {
  readonly folder: string;
  readonly values: SandboxValues;
  readonly args: readonly string[];
  /** A flag's text, `true` for one without, undefined where it was not given. */
  flag(name: string): string | true | undefined;
  readonly json: boolean;
  api(method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer>;
  /** Domain time now, epoch milliseconds. */
  now(): Promise<number>;
}

/** What a command ends with: 0 done or yes, 3 no or refused, 4 cannot tell. Wrong use is 2, a wrong sandbox 6. */
export const exits = { yes: 0, internal: 1, usage: 2, no: 3, unknown: 4, wrongSandbox: 6 } as const;

export type Exit = (typeof exits)[keyof typeof exits];

export interface Command {
  /** As it is typed, without the program's name. */
  readonly usage: string;
  readonly about: string;
  run(context: Context): Promise<Exit> | Exit;
}

/** Wrong arguments: the message, and the exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The argument at a place; names what is missing. */
export function argument(context: Context, index: number, what: string): string {
  const value = context.args[index];
  if (value === undefined) throw new UsageError(`${what} is missing`);
  return value;
}

/** A whole number given with `--name`. */
export function numberFlag(context: Context, name: string): number {
  const value = context.flag(name);
  if (typeof value !== 'string' || !/^\d+$/.test(value))
    throw new UsageError(`--${name} needs a whole number`);
  return Number(value);
}

export const bodyOf = (answer: Answer): Readonly<Record<string, unknown>> => fields(answer.text);

/** The answer's list, or an empty one. */
export function listOf(answer: Answer, name: string): readonly Readonly<Record<string, unknown>>[] {
  const list = bodyOf(answer)[name];
  return Array.isArray(list) ? (list as readonly Readonly<Record<string, unknown>>[]) : [];
}

/** Prints the refusal and answers 3, or prints what was done. */
export function settle(context: Context, answer: Answer, done: string): Exit {
  if (answer.status < 300) {
    context.out(done);
    return exits.yes;
  }
  context.err(String(bodyOf(answer)['error'] ?? bodyOf(answer)['text'] ?? answer.text));
  return exits.no;
}

export const fetchJson = async (url: string, options: Parameters<typeof call>[1] = {}): Promise<unknown> => {
  const answer = await call(url, options);
  return JSON.parse(answer.text);
};
