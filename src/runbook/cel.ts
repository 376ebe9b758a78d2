import { type ASTNode, Environment, type ParseResult } from '@marcbachmann/cel-js';
import { parseDuration } from './duration.ts';
import { compilePattern } from './pattern.ts';
import type { LeafType } from './scope.ts';
import { Version, compareVersions, parseVersion } from './version.ts';

/** The one place that knows the library: its environments, our functions and operators. */

const bounds = {
  maxAstNodes: 400,
  maxDepth: 32,
  maxListElements: 100,
  maxMapEntries: 50,
  maxCallArguments: 8,
};
export const longestExpression = 4_000;

/** Functions that expressions may call; everything else that the library knows is refused. */
export const offeredFunctions: ReadonlySet<string> = new Set([
  'version',
  'duration',
  'timestamp',
  're',
  'size',
  'has',
  'string',
  'int',
  'double',
  'bool',
  'contains',
  'startsWith',
  'endsWith',
  'lowerAscii',
  'upperAscii',
  'trim',
  'indexOf',
  'substring',
  'split',
  'join',
  'all',
  'exists',
  'exists_one',
  'map',
  'filter',
  'getHours',
  'getMinutes',
  'getSeconds',
  'getMilliseconds',
  'getDayOfWeek',
  'getFullYear',
  'getMonth',
  'getDate',
]);

const celTypes: Readonly<Record<LeafType, string>> = {
  text: 'string',
  number: 'double',
  boolean: 'bool',
  version: 'Version',
  duration: 'google.protobuf.Duration',
  time: 'google.protobuf.Timestamp',
  any: 'dyn',
};

function withOurs(environment: Environment): Environment {
  environment.registerType('Version', { ctor: Version, fields: {} });
  environment.registerFunction('version(string): Version', (text: string) => {
    const version = parseVersion(text);
    if (version === null) throw new Error(`"${text}" is not a version`);
    return version;
  });
  environment.registerFunction('string(Version): string', (version: Version) => version.text);
  for (const signature of ['re(string, string): bool', 'string.re(string): bool']) {
    environment.registerFunction(signature, (text: string, source: string) => {
      const compiled = compilePattern(source);
      if (!compiled.ok) throw new Error(`not a pattern: ${compiled.detail}`);
      return compiled.pattern.matcher(text).find();
    });
  }
  const order: Readonly<Record<string, (sign: number) => boolean>> = {
    '<': (sign) => sign < 0,
    '<=': (sign) => sign <= 0,
    '>': (sign) => sign > 0,
    '>=': (sign) => sign >= 0,
    '==': (sign) => sign === 0,
  };
  for (const [operator, holds] of Object.entries(order)) {
    environment.registerOperator(`Version ${operator} Version: bool`, (a: Version, b: Version) =>
      holds(compareVersions(a, b)),
    );
  }
  const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
    '+': (a, b) => a + b,
    '-': (a, b) => a - b,
    '*': (a, b) => a * b,
    '/': (a, b) => a / b,
    '%': (a, b) => a % b,
  };
  for (const [operator, apply] of Object.entries(arithmetic)) {
    const mixed = (a: number | bigint, b: number | bigint): number => apply(Number(a), Number(b));
    environment.registerOperator(`int ${operator} double: double`, mixed);
    environment.registerOperator(`double ${operator} int: double`, mixed);
  }
  environment.registerOperator('double % double: double', (a: number, b: number) => a % b);
  environment.registerOperator('int == double: bool', (a: bigint, b: number) => Number(a) === b);
  return environment;
}

const options = { homogeneousAggregateLiterals: false, limits: bounds };

/** Knows every function and no variable: clones of it check types. */
const checking = withOurs(new Environment(options));
/** Takes whatever variables it is given: evaluates what was checked before. */
const evaluating = withOurs(new Environment({ ...options, unlistedVariablesAreDyn: true }));

interface Schema {
  [name: string]: string | Schema;
}

const checkers = new Map<string, Environment>();

/** Checks the types of an expression against the paths that it reads. */
export function checkTypes(
  source: string,
  reads: readonly { readonly path: readonly string[]; readonly type: LeafType }[],
):
  | { readonly ok: true; readonly type: string }
  | { readonly ok: false; readonly message: string; readonly offset: number } {
  const key = reads
    .map(({ path, type }) => `${path.join('.')}:${type}`)
    .toSorted()
    .join(' ');
  let environment = checkers.get(key);
  if (environment === undefined) {
    environment = checking.clone();
    for (const [root, type] of Object.entries(schemaOf(reads))) {
      if (typeof type === 'string') environment.registerVariable(root, type);
      else environment.registerVariable({ name: root, schema: type });
    }
    if (checkers.size > 500) checkers.clear();
    checkers.set(key, environment);
  }
  const result = environment.check(source);
  if (result.valid) return { ok: true, type: result.type ?? 'dyn' };
  const { error } = result;
  return { ok: false, message: error?.summary ?? 'The types do not fit', offset: error?.range?.start ?? 0 };
}

function schemaOf(reads: Parameters<typeof checkTypes>[1]): Schema {
  const schema: Schema = {};
  // Shorter paths first: what is read whole is `any`, and nothing below it needs a type of its own.
  for (const { path, type } of reads.toSorted((a, b) => a.path.length - b.path.length)) {
    let here = schema;
    for (const [index, name] of path.entries()) {
      const last = index === path.length - 1;
      const next = here[name];
      if (typeof next === 'string') break;
      if (last) {
        if (next === undefined) here[name] = celTypes[type];
      } else here = here[name] = next ?? {};
    }
  }
  return schema;
}

export type Parsed =
  | { readonly ok: true; readonly run: ParseResult }
  | { readonly ok: false; readonly message: string; readonly offset: number };

const parsed = new Map<string, Parsed>();

/** Parses an expression, once for each text. */
export function parseCel(source: string): Parsed {
  const known = parsed.get(source);
  if (known !== undefined) return known;
  const result = parseNow(source);
  if (parsed.size > 5_000) parsed.clear();
  parsed.set(source, result);
  return result;
}

function parseNow(source: string): Parsed {
  try {
    return { ok: true, run: evaluating.parse(source) };
  } catch (error) {
    const summary = error instanceof Error && 'summary' in error ? String(error.summary) : String(error);
    const range =
      error instanceof Error && 'range' in error
        ? (error.range as { start?: number } | undefined)
        : undefined;
    return { ok: false, message: summary, offset: range?.start ?? 0 };
  }
}

/** A part of a parsed expression on its own. */
export function runPart(node: ASTNode, context: object): unknown {
  const part = parseCel(sourceOf(node));
  if (!part.ok) throw new Error(part.message);
  return part.run(context);
}

/** The text of a part. Its range may leave out a bracket that belongs to its first or last operand. */
export function sourceOf({ input, start, end }: ASTNode): string {
  const missing = openBrackets(input.slice(start, end));
  let from = start;
  let to = end;
  for (let left = missing.before; left > 0 && from > 0;) {
    from -= 1;
    if (input[from] === '(') left -= 1;
  }
  for (let left = missing.after; left > 0 && to < input.length; to += 1) if (input[to] === ')') left -= 1;
  return input.slice(from, to);
}

/** How many brackets a text closes that it did not open, and opens without closing. */
function openBrackets(text: string): { readonly before: number; readonly after: number } {
  let quote = '';
  let before = 0;
  let after = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if (quote !== '') {
      if (letter === '\\') at += 1;
      else if (letter === quote) quote = '';
    } else if (letter === '"' || letter === "'") quote = letter;
    else if (letter === '(') after += 1;
    else if (letter === ')' && after > 0) after -= 1;
    else if (letter === ')') before += 1;
  }
  return { before, after };
}

/** Text to the library's own time, without making a date here. */
const timeOf = evaluating.parse('timestamp(text)');
const durationOf = evaluating.parse('duration(text)');

export type Typed = Exclude<LeafType, 'text' | 'number' | 'boolean' | 'any'>;

/** A value as the library wants it; undefined where the text is not of that type. */
export function toTyped(type: Typed, value: unknown): unknown {
  try {
    if (type === 'version') return typeof value === 'string' ? (parseVersion(value) ?? undefined) : undefined;
    if (type === 'time') return typeof value === 'string' ? timeOf({ text: value }) : undefined;
    const ms = typeof value === 'number' ? value : typeof value === 'string' ? parseDuration(value) : null;
    return ms === null ? undefined : durationOf({ text: `${ms}ms` });
  } catch {
    return undefined;
  }
}
