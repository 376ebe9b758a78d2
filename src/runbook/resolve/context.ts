import { compileExpression } from '../expressions.ts';
import { parseDuration } from '../duration.ts';
import type { Expression, Position, Probe, Template } from '../model/values.ts';
import { type Node, child } from '../node.ts';
import { didYouMean } from '../nearest.ts';
import { type Problem, problem } from '../problem.ts';
import type { RuleCode } from '../rules.ts';
import type { Scope } from '../scope.ts';
import { compileTemplate, hasPlaces, literal } from '../template.ts';

/** What every resolving function needs: where to report, what can be read, what has a name. */
export interface Context {
  readonly report: (found: Problem) => void;
  readonly scope: Scope;
  readonly probes: Readonly<Record<string, Probe>>;
  /** A name that a debt is known by (its own, or that of the `use` around it) → the debts. */
  readonly debts: ReadonlyMap<string, readonly string[]>;
  readonly connections: ReadonlySet<string>;
  readonly channels: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  /** A fragment by itself: names that its runbook will have are not looked up. */
  readonly alone: boolean;
}

/** The same place with more that can be read. */
export const within = (context: Context, names: Scope): Context => ({
  ...context,
  scope: { ...context.scope, ...names },
});

export const say = (context: Context, code: RuleCode, at: Position, message: string, fix?: string): void =>
  context.report(problem(code, at, message, fix));

export function templateOf(context: Context, node: Node): Template {
  if (node.kind === 'scalar') return compileTemplate(node, context.scope, context.report);
  return literal('', node.at);
}

export function templatesOf(context: Context, node: Node): readonly Template[] {
  return node.kind === 'list' ? node.items.map((item) => templateOf(context, item)) : [];
}

export function templateMap(context: Context, node: Node | null): Readonly<Record<string, Template>> {
  if (node?.kind !== 'map') return {};
  return Object.fromEntries([...node.entries].map(([key, { value }]) => [key, templateOf(context, value)]));
}

/** A text with places, or the number, truth or nothing that was written. */
export function valueOf(context: Context, node: Node): Template | number | boolean | null {
  if (node.kind !== 'scalar') return null;
  return typeof node.value === 'string' ? templateOf(context, node) : node.value;
}

/** Milliseconds; a duration that is still an expression here is reported. */
export function msOf(context: Context, node: Node): number {
  const text = node.kind === 'scalar' ? String(node.value) : '';
  const ms = parseDuration(text);
  if (ms === null)
    say(context, hasPlaces(text) ? 'WB409' : 'WB105', node.at, `\`${text}\` is not a duration.`);
  return ms ?? 0;
}

/** Milliseconds of an optional field. */
export function optionalMs<Otherwise>(
  context: Context,
  node: Node,
  key: string,
  otherwise: Otherwise,
): number | Otherwise {
  return has(node, key) ? msOf(context, child(node, key)) : otherwise;
}

export const has = (node: Node, key: string): boolean => node.kind === 'map' && node.entries.has(key);

/** The node under a key that was written, or null. */
export const optional = (node: Node, key: string): Node | null => (has(node, key) ? child(node, key) : null);

/** A condition; anything that is neither true nor false is refused. */
export function conditionOf(
  context: Context,
  node: Node | null,
  wanted: 'bool' | 'string' = 'bool',
): Expression | null {
  if (node === null) return null;
  const written = node.kind === 'scalar' ? String(node.value) : '';
  const whole = /^\s*\$\{\{([\s\S]*)\}\}\s*$/.exec(written);
  const compiled = compileExpression(whole?.[1]?.trim() ?? written, context.scope, node.at);
  if (!compiled.ok) {
    context.report(compiled.problem);
    return null;
  }
  if (compiled.type !== wanted && compiled.type !== 'dyn') {
    const what = wanted === 'bool' ? 'does not answer true or false' : 'does not answer with a text';
    say(context, 'WB408', node.at, `\`${written}\` ${what}.`);
  }
  return compiled.expression;
}

/** Looks a name up; reports it with what was probably meant. */
export function known(
  context: Context,
  code: RuleCode,
  what: string,
  name: string,
  names: Iterable<string>,
  at: Position,
): boolean {
  const list = [...names];
  if (list.includes(name)) return true;
  say(context, code, at, `There is no ${what} \`${name}\`.${didYouMean(name, list)}`);
  return false;
}
