import type { ASTNode } from '@marcbachmann/cel-js';
import {
  type Typed,
  checkTypes,
  longestExpression,
  offeredFunctions,
  parseCel,
  runPart,
  sourceOf,
  toTyped,
} from './cel.ts';
import { formatDuration } from './duration.ts';
import type { Expression, Json, Position } from './model/values.ts';
import { didYouMean } from './nearest.ts';
import { compilePattern } from './pattern.ts';
import { type Problem, problem } from './problem.ts';
import { type Reference, arithmeticOf, survey } from './references.ts';
import { type LeafType, type Scope, lookUp } from './scope.ts';
import { Version } from './version.ts';

export type Compiled =
  | {
      readonly ok: true;
      readonly expression: Expression;
      readonly type: string;
      readonly reads: readonly Reference[];
    }
  | { readonly ok: false; readonly problem: Problem };

/** Parses an expression, checks its names and types against what can be read at this place, and bounds its cost. */
export function compileExpression(source: string, scope: Scope, at: Position): Compiled {
  const refuse = (found: Problem): Compiled => ({ ok: false, problem: found });
  if (source.trim() === '') return refuse(problem('WB401', at, 'The expression is empty.'));
  if (source.length > longestExpression) {
    return refuse(problem('WB405', at, `The expression is longer than ${longestExpression} characters.`));
  }
  const parsed = parseCel(source);
  if (!parsed.ok) {
    const code = /Exceeded/.test(parsed.message) ? 'WB405' : 'WB401';
    return refuse(
      problem(code, at, `\`${shorten(source)}\`: ${parsed.message}${whereIn(source, parsed.offset)}.`),
    );
  }
  const found = survey(parsed.run.ast);
  for (const call of found.calls) {
    if (!offeredFunctions.has(call.name)) {
      const hint =
        call.name === 'matches' ? ' Use `re(text, pattern)`.' : didYouMean(call.name, offeredFunctions);
      return refuse(problem('WB404', at, `\`${call.name}()\` is not offered in expressions.${hint}`));
    }
    const bad = patternProblem(call.name, call.args, at);
    if (bad !== null) return refuse(bad);
  }
  if (found.loops > 1) {
    return refuse(problem('WB405', at, `\`${shorten(source)}\` goes over a list inside another list.`));
  }
  if (found.looped.length > 0) {
    return refuse(
      problem(
        'WB404',
        at,
        `\`${shorten(source)}\` divides inside a function over a list.`,
        'Divide in the command or query that measures it.',
      ),
    );
  }

  const typed: Record<string, Typed> = {};
  const reads: { readonly path: readonly string[]; readonly type: LeafType }[] = [];
  const probes = new Set<string>();
  for (const reference of found.references) {
    const { path } = reference;
    const known = lookUp(scope, path);
    if (!known.ok) {
      const below = path.slice(0, known.at).join('.');
      const what =
        below === '' ? `There is no \`${known.missing}\`` : `\`${below}\` has no \`${known.missing}\``;
      return refuse(problem('WB402', at, `${what}.${didYouMean(known.missing, known.known)}`));
    }
    if (typeof known.type !== 'string') {
      const names = Object.keys(known.type.fields);
      return refuse(
        problem(
          'WB403',
          at,
          `\`${path.join('.')}\` is not a value by itself.${names.length > 0 ? ` Name one of: ${names.slice(0, 12).join(', ')}.` : ''}`,
        ),
      );
    }
    if (path[0] === 'probes' && path[1] !== undefined) probes.add(path[1]);
    if (known.type === 'version' || known.type === 'duration' || known.type === 'time')
      typed[path.join('.')] = known.type;
    reads.push({ path, type: known.type });
  }
  const checked = checkTypes(source, reads);
  if (!checked.ok) {
    return refuse(
      problem(
        'WB403',
        at,
        `\`${shorten(source)}\`: ${plainTypes(checked.message)}${whereIn(source, checked.offset)}.`,
      ),
    );
  }
  const expression: Expression = {
    source,
    at,
    probes: [...probes],
    ...(Object.keys(typed).length > 0 ? { typed } : {}),
  };
  return { ok: true, expression, type: checked.type, reads: found.references };
}

function patternProblem(name: string, args: readonly ASTNode[], at: Position): Problem | null {
  const pattern = name === 're' ? args.at(-1) : undefined;
  if (pattern === undefined || pattern.op !== 'value' || typeof pattern.args !== 'string') return null;
  const compiled = compilePattern(pattern.args);
  return compiled.ok
    ? null
    : problem('WB406', at, `\`${shorten(pattern.args)}\` is not a pattern: ${compiled.detail}.`);
}

/** Values that an expression reads: root name → value, as the scope declares them. */
export type Values = { readonly [root: string]: Json | undefined };

export type UnknownCode =
  /** Something that it reads is not there (yet). */
  | 'unset'
  /** An example that nobody replaced. */
  | 'example'
  /** A number that is not one, a division by zero, or a version or time that cannot be read as one. */
  | 'not_a_number'
  | 'wrong_type'
  /** A list or a value too large to go over. */
  | 'too_large'
  | 'failed';

export type Evaluated =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly code: UnknownCode; readonly detail: string };

const unknown = (code: UnknownCode, detail: string): Evaluated => ({ ok: false, code, detail });

/** Stands for an example that the operator has not replaced yet; whatever reads it is unknown. */
export const exampleValue = (text: string): Json => ({ $example: text });

const largest = { items: 10_000, text: 1_000_000, values: 100_000 };

/**
 * Evaluates an expression over what is known. Everything that it reads must be there and be a real value: a missing,
 * NaN or unknown operand makes the whole answer unknown before anything is compared, since `!(NaN > 1.0)` is true.
 */
export function evaluate(expression: Expression, values: Values): Evaluated {
  const parsed = parseCel(expression.source);
  if (!parsed.ok) return unknown('failed', parsed.message);
  const { ast } = parsed.run;
  const context: Record<string, unknown> = {};
  for (const reference of survey(ast).references) {
    const path = reference.optional ? reference.path.slice(0, -1) : reference.path;
    const read = readPath(values, path);
    if (!read.ok) return read;
    const type = expression.typed?.[path.join('.')];
    const value = type === undefined || read.value === null ? read.value : toTyped(type, read.value);
    if (value === undefined)
      return unknown('wrong_type', `\`${path.join('.')}\` is not a ${type}: ${JSON.stringify(read.value)}`);
    place(context, path, value);
  }
  try {
    const isTrue = (condition: ASTNode): boolean | null => {
      const answer = runPart(condition, context);
      return typeof answer === 'boolean' ? answer : null;
    };
    for (const part of arithmeticOf(ast, isTrue)) {
      const value = runPart(part, context);
      if (typeof value === 'number' && !Number.isFinite(value)) {
        return unknown('not_a_number', `\`${sourceOf(part)}\` is not a number`);
      }
    }
    return fromCel(parsed.run(context), expression.source);
  } catch (error) {
    const summary =
      error instanceof Error && 'summary' in error
        ? String(error.summary)
        : error instanceof Error
          ? error.message
          : String(error);
    return unknown(
      /division by zero|modulo by zero/.test(summary) ? 'not_a_number' : 'failed',
      plainTypes(summary),
    );
  }
}

export type Holds =
  | { readonly result: 'pass' | 'fail' }
  | { readonly result: 'unknown'; readonly code: UnknownCode; readonly detail: string };

/** A condition: true, false or unknown. No condition holds. */
export function holds(expression: Expression | null, values: Values): Holds {
  if (expression === null) return { result: 'pass' };
  const answer = evaluate(expression, values);
  if (!answer.ok) return { result: 'unknown', code: answer.code, detail: answer.detail };
  if (typeof answer.value === 'boolean') return { result: answer.value ? 'pass' : 'fail' };
  return {
    result: 'unknown',
    code: 'wrong_type',
    detail: `\`${expression.source}\` does not answer true or false`,
  };
}

function readPath(values: Values, path: readonly string[]): Evaluated {
  const name = path.join('.');
  let here: unknown = values;
  for (const part of path) {
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, part))
      return unknown('unset', `\`${name}\` is not set`);
    here = (here as Record<string, unknown>)[part];
    if (here === undefined) return unknown('unset', `\`${name}\` is not set`);
    if (isExample(here))
      return unknown('example', `\`${name}\` still holds its example ${JSON.stringify(here.$example)}`);
  }
  if (here === '' && (path[0] === 'inputs' || path[0] === 'env'))
    return unknown('unset', `\`${name}\` is empty`);
  const bad = unfit(here);
  if (bad !== null)
    return unknown(bad, `\`${name}\` ${bad === 'too_large' ? 'is too large' : 'is not a number'}`);
  return { ok: true, value: here as Json };
}

function isExample(value: unknown): value is { readonly $example: string } {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, '$example');
}

/** Looks through a whole value, with an end to it. */
function unfit(value: unknown): 'not_a_number' | 'too_large' | null {
  const waiting: unknown[] = [value];
  let seen = 0;
  while (waiting.length > 0) {
    const next = waiting.pop();
    seen += 1;
    if (seen > largest.values) return 'too_large';
    if (typeof next === 'number' && Number.isNaN(next)) return 'not_a_number';
    if (typeof next === 'string' && next.length > largest.text) return 'too_large';
    if (Array.isArray(next)) {
      if (next.length > largest.items) return 'too_large';
      waiting.push(...(next as readonly unknown[]));
    } else if (typeof next === 'object' && next !== null) waiting.push(...Object.values(next));
  }
  return null;
}

function place(context: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let here = context;
  for (const [index, name] of path.entries()) {
    if (index === path.length - 1) here[name] = value;
    else {
      const next = here[name];
      // Something above was read whole: it already holds what stands below.
      if (next !== undefined && !(next instanceof Branch)) return;
      here = (here[name] ??= new Branch()) as Record<string, unknown>;
    }
  }
}

/** An inner level of the context that was made here, as opposed to a value that was read whole. */
const Branch = function Branch(this: object) {} as unknown as new () => Record<string, unknown>;
Branch.prototype = Object.create(null) as object;

function fromCel(value: unknown, source: string): Evaluated {
  const answer = plain(value);
  if (answer === undefined) return unknown('wrong_type', `\`${source}\` has no plain value`);
  if (typeof answer === 'number' && !Number.isFinite(answer))
    return unknown('not_a_number', `\`${source}\` is not a number`);
  return { ok: true, value: answer };
}

function plain(value: unknown): Json | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number')
    return value;
  if (typeof value === 'bigint') return Number(value);
  if (value instanceof Version) return value.text;
  if (Array.isArray(value)) return listOf(value);
  if (typeof value !== 'object') return undefined;
  if ('toISOString' in value && typeof value.toISOString === 'function') return String(value.toISOString());
  if ('getMilliseconds' in value && typeof value.getMilliseconds === 'function')
    return formatDuration(Number(value.getMilliseconds()));
  const entries: [string, Json][] = [];
  for (const [key, inner] of value instanceof Map ? value : Object.entries(value)) {
    const one = plain(inner);
    if (typeof key !== 'string' || one === undefined) return undefined;
    entries.push([key, one]);
  }
  return Object.fromEntries(entries);
}

function listOf(values: readonly unknown[]): Json | undefined {
  const list: Json[] = [];
  for (const value of values) {
    const one = plain(value);
    if (one === undefined) return undefined;
    list.push(one);
  }
  return list;
}

const shorten = (text: string): string => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

const whereIn = (source: string, offset: number): string =>
  offset > 0 && offset < source.length ? ` (at \`${shorten(source.slice(offset))}\`)` : '';

const plainTypes = (message: string): string =>
  message
    .replaceAll('google.protobuf.Duration', 'duration')
    .replaceAll('google.protobuf.Timestamp', 'time')
    .replaceAll('no such overload', 'no such operation')
    .replaceAll(/\bdouble\b/g, 'number')
    .replaceAll(/\bVersion\b/g, 'version');
