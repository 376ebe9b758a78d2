import type { Probe } from '../model/values.ts';
import type { Route, RouteOn, Step } from '../model/step.ts';
import type { Node } from '../node.ts';
import { child, keyAt } from '../node.ts';
import { groupNames } from '../pattern.ts';
import type { RoutesDoc, StepDoc, StepDocOf, WrittenKind } from '../schema/steps.ts';
import type { ScopeType } from '../scope.ts';
import { hasPlaces } from '../template.ts';
import type { Context } from './context.ts';
import { conditionOf, has, known, optional, optionalMs, say, templateOf, within } from './context.ts';
import { defaults } from './defaults.ts';
import { checkPattern, checksOf, commandOf, oneCheck, opensOf, probeAt } from './measures.ts';

/** Where a step stands: its phase, and what is around it. */
export interface Around {
  readonly phase: string;
  readonly enclosing: readonly string[];
  readonly parallel: string | null;
  /** The `each` whose list of steps this is; nothing inside a `parallel`. */
  readonly loop?: string;
}

export type Base = Omit<Extract<Step, { kind: 'barrier' }>, 'kind'>;
export type Kinds = Exclude<WrittenKind, 'use'>;

const ask: Route = { kind: 'ask' };

/** What is captured before the change can be read by the step itself, above all by its way back. */
export function withCaptured(context: Context, doc: StepDoc): Context {
  if (!('capture' in doc) || doc.capture === undefined) return context;
  const names = Object.keys(doc.capture).map((name): readonly [string, ScopeType] => [name, 'any']);
  return within(context, { captured: { fields: Object.fromEntries(names) } });
}

const changing: ReadonlySet<WrittenKind> = new Set(['run', 'shell', 'manual']);

/** What every kind of step has, resolved. */
export function baseOf(context: Context, doc: StepDoc, node: Node, around: Around, kind: Kinds): Base {
  const id = doc.id ?? '';
  // Only some kinds have these fields; the schema has already refused them on the others.
  const change: Partial<StepDocOf<'run'>> = doc;
  if (doc.role !== undefined && !context.alone)
    known(context, 'WB305', 'role', doc.role, context.roles, child(node, 'role').at);
  return {
    id,
    at: has(node, 'id') ? keyAt(node, 'id') : node.at,
    phase: around.phase,
    title: doc.title ?? '',
    why: doc.why ?? null,
    warn: doc.warn ?? null,
    when: conditionOf(context, optional(node, 'when')),
    role: doc.role ?? null,
    timeoutMs: optionalMs(context, node, 'timeout', defaults.command),
    retry:
      change.retry === undefined
        ? null
        : {
            times: change.retry.times,
            everyMs: optionalMs(context, child(node, 'retry'), 'every', defaults.retryEvery),
            ...(change.retry.on === undefined ? {} : { on: change.retry.on }),
          },
    idempotent: change.idempotent ?? !changing.has(kind),
    readOnly: change.read_only ?? !changing.has(kind),
    required: doc.required ?? false,
    before: checksOf(context, change.before, optional(node, 'before')),
    verify: checksOf(context, change.verify, optional(node, 'verify')),
    opens: change.opens === undefined ? null : opensOf(context, change.opens, child(node, 'opens')),
    undo:
      change.undo === undefined
        ? null
        : {
            command: commandOf(context, change.undo, child(node, 'undo')),
            verify: oneCheck(context, change.undo.verify, optional(child(node, 'undo'), 'verify')),
          },
    ponr:
      change.ponr === undefined ? null : { lost: change.ponr.lost, confirm: change.ponr.confirm ?? 'name' },
    ...wordingOf(context, doc, node),
    on: routesOf('on' in doc ? doc.on : undefined),
    capture: captureOf(context, change.capture, child(node, 'capture')),
    outputs: outputsOf(context, change, node),
    watchOutput: watchOutputOf(context, change, node),
    probeAfterCrash:
      change.probe_after_crash === undefined
        ? null
        : probeAt(context, change.probe_after_crash, child(node, 'probe_after_crash')),
    evidence: 'evidence' in doc ? (doc.evidence ?? {}) : {},
    expectedMs: optionalMs(context, node, 'expected', null),
    ...(doc.tags === undefined ? {} : { tags: doc.tags }),
    stateful: change.stateful ?? null,
    flag:
      change.flag === undefined
        ? null
        : { name: templateOf(context, child(child(node, 'flag'), 'name')), to: change.flag.to },
    ...(goesOn(context, change.goto, node, around) ? { nextItem: true } : {}),
    enclosing: around.enclosing,
    parallel: around.parallel,
  };
}

/** The texts of a step that have places in them. */
function wordingOf(context: Context, doc: StepDoc, node: Node): Pick<Base, 'wording'> {
  const { ponr }: Partial<StepDocOf<'run'>> = doc;
  const written = [
    ['title', doc.title, node],
    ['why', doc.why, node],
    ['warn', doc.warn, node],
    ['lost', ponr?.lost, child(node, 'ponr')],
  ] as const;
  const found = written.flatMap(([key, text, around]) =>
    hasPlaces(text) ? [[key, templateOf(context, child(around, key))] as const] : [],
  );
  return found.length === 0 ? {} : { wording: Object.fromEntries(found) };
}

/** A step leads on to the next one as written, or to the next item of the `each` that it stands in directly. */
function goesOn(context: Context, target: string | undefined, node: Node, around: Around): boolean {
  if (target === undefined) return false;
  if (target === around.enclosing.at(-1) && around.loop === target) return true;
  say(context, 'WB109', keyAt(node, 'goto'), '`goto` on a step may only name the `each` that it stands in.');
  return false;
}

/** Where each way out of a step leads; what is not written asks the person. */
export function routesOf(doc: RoutesDoc): Readonly<Record<RouteOn, Route>> {
  const route = (on: RouteOn): Route => {
    const to = doc?.[on];
    if (to === undefined || to === 'ask') return ask;
    return typeof to === 'string' ? { kind: 'goto', target: to } : { kind: 'end', outcome: to.end };
  };
  return {
    fail: route('fail'),
    unknown: route('unknown'),
    timeout: route('timeout'),
    denied: route('denied'),
    abort: route('abort'),
  };
}

function captureOf(
  context: Context,
  doc: StepDocOf<'run'>['capture'],
  node: Node,
): Readonly<Record<string, Probe>> {
  const entries = Object.entries(doc ?? {}).flatMap(([name, probe]) => {
    const found = probeAt(context, probe, child(node, name));
    return found === null ? [] : [[name, found] as const];
  });
  return Object.fromEntries(entries);
}

function outputsOf(context: Context, doc: Partial<StepDocOf<'run'>>, node: Node): Base['outputs'] {
  const groups = groupNames(doc.watch_output?.expect ?? '');
  for (const [name, { pattern }] of Object.entries(doc.outputs ?? {})) {
    if (!groups.includes(pattern))
      checkPattern(context, child(child(child(node, 'outputs'), name), 'pattern'), pattern);
  }
  return doc.outputs ?? {};
}

function watchOutputOf(context: Context, doc: Partial<StepDocOf<'run'>>, node: Node): string | null {
  if (doc.watch_output === undefined) return null;
  checkPattern(context, child(child(node, 'watch_output'), 'expect'), doc.watch_output.expect);
  return doc.watch_output.expect;
}
