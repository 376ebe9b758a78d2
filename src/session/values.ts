import { judgeCalendar } from '../judge/calendar.ts';
import type { Bound, Context, StepRecord } from '../machine/context.ts';
import type { Book } from '../machine/book.ts';
import { evidencePending } from '../machine/context.ts';
import { debtAt } from '../machine/debts.ts';
import { itemsAt, recordAt, wayAt } from '../machine/places.ts';
import { openScope } from '../machine/may-run.ts';
import type { Place } from '../machine/facts/values.ts';
import { epochMsOf } from '../machine/iso-time.ts';
import { stepValues } from '../machine/step-values.ts';
import type { Expression, Json, Probe, Template } from '../runbook/model/values.ts';
import type { SessionOptions } from './options.ts';
import type { Temporalish } from './ports.ts';

/** What was measured for the expressions of one piece of work: probe or scope name → value, or why there is none. */
export type Measurements = Readonly<
  Record<string, { readonly value: Json } | { readonly code: string; readonly detail: string }>
>;

export interface Measurement {
  readonly probes: Measurements;
  readonly scope: Measurements;
  readonly live: Measurements;
}

export const nothingMeasured: Measurement = { probes: {}, scope: {}, live: {} };

/** The variables of an expression at a place. A name that has no value is left out: it makes the expression unknown. */
export function valuesAt(
  options: SessionOptions,
  context: Context,
  place: Place,
  measured: Measurement,
  steps: readonly string[],
): Readonly<Record<string, Json>> {
  const { book } = options.compiled;
  const { started } = context;
  const now = momentAt(options, context, place);
  return {
    inputs: { ...options.inputs },
    env: { ...options.env, name: started?.environment ?? null },
    session: {
      id: context.session,
      url: `walkback resume ${context.session}`,
      mode: started?.mode ?? null,
      operator: started?.by ?? null,
      environment: started?.environment ?? null,
      runbook: started?.runbook.id ?? null,
      evidence: context.evidence === null ? 'none' : evidencePending(context) ? 'running' : 'taken',
      elapsed: `${Math.max(0, Math.round((now.ms - epochMsOf(started?.at ?? now.iso)) / 1000))}s`,
    },
    ...(context.window === null
      ? {}
      : {
          window: {
            state: context.window.state,
            open: context.window.state === 'open',
            extended: context.window.state === 'extended',
            closed: context.window.state === 'closed',
            ...(context.window.until === null
              ? {}
              : { until: context.window.until, left: windowLeft(options, context.window.until) }),
          },
        }),
    ...calendarValues(options),
    triggers: mapValues(context.triggers, ({ state, value }) => ({ state, value })),
    probes: present(measured.probes),
    steps: stepValues(book, context, steps, originOf(book, context, place)),
    scope: { ...plainScope(book), ...present(measured.scope), ...included(context) },
    live: present(measured.live),
    ...decisionValue(context),
    now: now.iso,
    ...itemsAt(book, context, place),
    ...rememberedAt(book, context, place),
  };
}

/** By rule: whether it is on now, whatever it applies to. */
function calendarValues({ compiled, domainNow }: SessionOptions): Record<string, Json> {
  const { calendar = [] } = compiled.book.runbook;
  if (calendar.length === 0) return {};
  const { rules } = judgeCalendar(calendar, 'rollback', domainNow());
  return { calendar: Object.fromEntries(rules.map(({ id, slot }) => [id, slot !== null])) };
}

/** What is left of the window's state, as a duration in domain time. */
const windowLeft = (options: SessionOptions, until: string): string =>
  `${Math.max(0, Math.floor((epochMsOf(until) - options.domainNow()) / 1000))}s`;

/** `now` at what is shown and then run is when the attempt came up: both have to say the same. */
function momentAt(options: SessionOptions, context: Context, place: Place): Temporalish {
  const step = options.compiled.book.steps.get(place.step);
  const record = recordAt(context, place);
  const keeps = step === undefined || step.kind === 'run' || step.kind === 'release' || step.kind === 'wait';
  if (record === undefined || !keeps) return options.ports.clock.now();
  return { ms: epochMsOf(record.enteredAt), iso: record.enteredAt };
}

const mapValues = <From, To>(
  record: Readonly<Record<string, From>>,
  change: (value: From) => To,
): Record<string, To> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

function present(measurements: Measurements): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(measurements).flatMap(([id, measured]) =>
      'value' in measured ? [[id, measured.value]] : [],
    ),
  );
}

function plainScope(book: Book): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(book.runbook.scope).flatMap(([id, value]) => (isProbe(value) ? [] : [[id, value]])),
  );
}

/** What goes back, in the order of the way back; nothing before all of it is settled. */
const included = (context: Context): Record<string, Json> =>
  context.scope === null || openScope(context).length > 0 ? {} : { included: context.scope.order.flat() };

/** Scope entries are plain data or a probe that says where the data comes from. */
export const isProbe = (value: Json | Probe): value is Probe =>
  typeof value === 'object' && value !== null && 'source' in value && 'timeoutMs' in value;

/** Whose values are read at a place: a way back reads those of the step that it takes back. */
function originOf(book: Book, context: Context, place: Place): Place {
  const way = wayAt(context, place);
  if (way?.kind === 'undo') return way.performed.place;
  return debtAt(book, context, place)?.place ?? place;
}

function decisionValue(context: Context): Record<string, Json> {
  const last = context.decisions.at(-1);
  return last === undefined ? {} : { decision: { ...last, reason: last.reason ?? last.title } };
}

/**
 * What a way back needs of the step that it takes back: its items, and what was captured before the change. A value
 * that was absent is null, not empty. At the step itself: what it has captured.
 */
function rememberedAt(book: Book, context: Context, place: Place): Record<string, Json> {
  const way = wayAt(context, place);
  if (way?.kind === 'undo') return remembered(way.performed.bound, way.performed.captured);
  const debt = debtAt(book, context, place);
  if (debt !== null) {
    const opening = context.history.findLast(({ opened }) => opened === debt.key);
    return remembered(debt.bound, opening?.captured ?? {});
  }
  const record = recordAt(context, place);
  return record?.intended === true ? remembered({}, record.captured) : {};
}

const remembered = (bound: Bound, captured: StepRecord['captured']): Record<string, Json> => ({
  ...bound,
  captured: { ...captured },
});

/** Probes, scope entries and components that the expressions of some templates read. */
export function namesRead(parts: readonly (Template | Expression | null)[]): {
  readonly probes: readonly string[];
  readonly scope: readonly string[];
  readonly live: readonly string[];
  readonly steps: readonly string[];
  readonly target: readonly string[];
} {
  const expressions = parts.flatMap((part): readonly Expression[] => {
    if (part === null) return [];
    return 'source' in part ? [part] : part.parts.filter((piece) => typeof piece !== 'string');
  });
  const named = (variable: string) => [
    ...new Set(
      expressions.flatMap(({ source }) =>
        [...source.matchAll(new RegExp(`\\b${variable}\\.([a-z][a-z0-9_]*)`, 'g'))].map(
          (match) => match[1] ?? '',
        ),
      ),
    ),
  ];
  return {
    probes: [...new Set(expressions.flatMap(({ probes }) => probes))],
    scope: named('scope'),
    live: named('live'),
    steps: named('steps'),
    target: named('target'),
  };
}
