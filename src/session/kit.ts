import type { Context } from '../machine/context.ts';
import type { Book } from '../machine/book.ts';
import type { Fact } from '../machine/facts.ts';
import type { Place, Reading, Result } from '../machine/facts/values.ts';
import type { Work } from '../machine/work.ts';
import type { Check, Expression, Json, Probe, Template, Tolerance } from '../runbook/model/values.ts';
import { explainExpression } from '../runbook/explain.ts';
import { evaluate } from '../runbook/expressions.ts';
import { fillTemplate, fillText } from '../runbook/template.ts';
import { stepNaming } from '../machine/titles.ts';
import { sayTemplate } from '../runbook/wording.ts';
import { OperatorError } from '../errors.ts';
import type { FilledCondition } from '../judge/measured.ts';
import { judge } from '../judge/tolerance.ts';
import type { SessionOptions } from './options.ts';
import { maskJson } from './mask-json.ts';
import { probeName } from './probe-name.ts';
import type { Fill, Measured } from './ports.ts';
import type { Measurement, Measurements } from './values.ts';
import { isProbe, namesRead, nothingMeasured, valuesAt } from './values.ts';

/** One piece of work as its worker sees it. */
export interface Job {
  readonly work: Work;
  readonly options: SessionOptions;
  readonly book: Book;
  /** The session as it stands now, not as it stood when the work began. */
  readonly context: () => Context;
  readonly signal: AbortSignal;
  /** Records facts while the work goes on. */
  readonly emit: (...facts: readonly Fact[]) => void;
  /** Where a command's bytes go. */
  readonly onOutput: (attempt: string, bytes: Uint8Array) => void;
  /** Names that stand for something in this piece of work only: `via` of a smoke test. */
  readonly bound?: Readonly<Record<string, Json>>;
}

/** A filled value, or the reason why a place has none. */
export type Filled =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly code: string; readonly detail: string };

/** What can be said at a place once everything it reads was measured. */
export interface Reader {
  readonly fill: Fill;
  /** `more` are names that hold here only, above all the `value` that a tolerance is about. */
  readonly evaluate: (expression: Expression, more?: Readonly<Record<string, Json>>) => Filled;
  /** Why it comes to what it comes to: the conditions that decided it, with the values they read. */
  readonly explain: (expression: Expression) => string;
  readonly text: (template: Template) => string;
  /** For people: what has no value yet is a plain word. */
  readonly say: (template: Template) => string;
}

/**
 * Measures what the given templates and expressions read, then answers a reader for them. `captured` is what has just
 * been captured and is not on record yet.
 */
export async function readerFor(
  job: Job,
  parts: readonly (Template | Expression | null)[],
  captured: Readonly<Record<string, string | null>> | null = null,
): Promise<Reader> {
  const names = namesRead(partsRead(job, parts));
  return readerOf(job, await measureNames(job, names), names.steps, names.target, captured);
}

/** The same where nothing has to be measured; null where something has. */
export function instantReader(job: Job, parts: readonly (Template | Expression | null)[]): Reader | null {
  const { probes, scope, live, steps, target } = namesRead(partsRead(job, parts));
  const measurable = scope.some((id) => isProbe(job.book.runbook.scope[id] ?? null));
  if (probes.length > 0 || measurable || live.length > 0) return null;
  return readerOf(job, nothingMeasured, steps, target, null);
}

/** With what a component's target version is made of, where one is read. */
function partsRead(
  job: Job,
  parts: readonly (Template | Expression | null)[],
): readonly (Template | Expression | null)[] {
  const ids = namesRead(parts).target;
  return ids.length === 0 ? parts : [...parts, ...ids.map((id) => componentAt(job, id)?.to ?? null)];
}

const componentAt = (job: Job, id: string) => job.book.runbook.components?.find((one) => one.id === id);

function readerOf(
  job: Job,
  measured: Measurement,
  steps: readonly string[],
  targets: readonly string[],
  captured: Readonly<Record<string, string | null>> | null,
): Reader {
  const { options, work } = job;
  const plain = valuesAt(options, job.context(), work.place, measured, steps);
  const target = targets.flatMap((id) => {
    const to = componentAt(job, id)?.to ?? null;
    const filled = to === null ? null : fillTemplate(to, plain);
    return filled?.ok === true ? [[id, filled.value] as const] : [];
  });
  const values = {
    ...plain,
    ...job.bound,
    target: Object.fromEntries(target),
    ...(captured === null ? {} : { captured: { ...captured } }),
  };
  const blocked = (detail: string) =>
    new OperatorError(detail, ['Set the value that is missing, then try the step again.']);
  return {
    fill: (template) => {
      const filled = fillTemplate(template, values);
      if (!filled.ok) throw blocked(filled.detail);
      return filled.value;
    },
    evaluate: (expression, more) =>
      evaluate(expression, more === undefined ? values : { ...values, ...more }),
    explain: (expression) => options.ports.redactor.text(explainExpression(expression, values)),
    text: (template) => {
      const filled = fillText(template, values);
      if (!filled.ok) throw blocked(filled.detail);
      return filled.text;
    },
    say: (template) => sayTemplate(template, values, stepNaming(job.book, job.context())),
  };
}

export const asText = (value: Json): string => (typeof value === 'string' ? value : JSON.stringify(value));

/** Measures every probe and scope that an expression names; what cannot be measured is there with its code. */
export async function measureNames(job: Job, names: ReturnType<typeof namesRead>): Promise<Measurement> {
  const { runbook } = job.book;
  const probe = async (id: string, target: Probe | undefined): Promise<Measurements[string]> =>
    target === undefined
      ? { code: 'unknown_probe', detail: `${id} is not a probe` }
      : measureValue(job, target);
  const scoped = names.scope.flatMap((id) => {
    const entry = runbook.scope[id];
    return entry !== undefined && isProbe(entry) ? [[id, entry] as const] : [];
  });
  const [probes, scope, live] = await Promise.all([
    Promise.all(names.probes.map(async (id) => [id, await probe(id, runbook.probes[id])] as const)),
    Promise.all(scoped.map(async ([id, target]) => [id, await probe(id, target)] as const)),
    Promise.all(names.live.map(async (id) => [id, await probe(id, componentAt(job, id)?.live)] as const)),
  ]);
  return {
    probes: Object.fromEntries(probes),
    scope: Object.fromEntries(scope),
    live: Object.fromEntries(live),
  };
}

async function measureValue(job: Job, probe: Probe): Promise<Measurements[string]> {
  const measured = await measureSaid(job, probe);
  return measured.ok ? { value: measured.value } : { code: measured.code, detail: measured.detail };
}

/**
 * A measurement that is to be used as a value, by an expression or for a way back. A command that failed and printed
 * nothing has said nothing: that is unknown, and above all not an empty value.
 */
export async function measureSaid(job: Job, probe: Probe): Promise<Measured> {
  const measured = await measure(job, probe);
  if (!measured.ok || (measured.exit ?? 0) === 0 || measured.text.trim() !== '') return measured;
  return { ok: false, code: 'exit', detail: `the command exited ${measured.exit} and printed nothing` };
}

/** Measures a probe with its own places filled; what cannot be filled is unknown with the code `unset`. */
export async function measure(job: Job, probe: Probe): Promise<Measured> {
  const reader = instantReader(job, templatesOf(probe)) ?? (await readerFor(job, templatesOf(probe)));
  try {
    return await job.options.ports.measurer.measure(probe, reader.fill, job.signal);
  } catch (error) {
    if (error instanceof OperatorError) return { ok: false, code: 'unset', detail: error.message };
    throw error;
  }
}

/** Every template inside a plain piece of a runbook, found by shape. */
export function templatesOf(value: unknown): readonly Template[] {
  if (typeof value !== 'object' || value === null) return [];
  if (isTemplate(value)) return [value];
  return Object.values(value).flatMap(templatesOf);
}

const isTemplate = (value: object): value is Template =>
  'parts' in value && Array.isArray(value.parts) && 'at' in value;

/** One reading of a check: measured and judged, unknown where either was not possible. */
export async function readCheck(job: Job, check: Check, baseline: Json | undefined): Promise<Reading> {
  const { subject } = check;
  if ('obligation' in subject) return obligationReading(job.context(), subject);
  const measured = await measure(job, subject);
  return judgeReading(job, subject, check.expect, measured, baseline);
}

/** Judges what a person read off something, as if it had been measured: a number where it is one, else the text. */
export function judgeTold(
  job: Job,
  check: Check & { readonly subject: Probe },
  told: string,
): Promise<Reading> {
  const text = told.trim();
  const value = /^[-+]?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
  const measured: Measured =
    text === ''
      ? { ok: false, code: 'no_data', detail: 'nothing was said' }
      : { ok: true, value, exit: null, status: null, headers: {}, text };
  return judgeReading(job, check.subject, check.expect, measured, undefined);
}

/** Says a template with what is known at a place without measuring anything. */
const wordsAt =
  (job: Job) =>
  (template: Template): string =>
    (instantReader(job, [template]) ?? readerOf(job, nothingMeasured, [], [], null)).say(template);

async function judgeReading(
  job: Job,
  probe: Probe,
  expect: Tolerance,
  measured: Measured,
  baseline: Json | undefined,
): Promise<Reading> {
  const redact = (text: string) => job.options.ports.redactor.text(text);
  const subject = redact(probeName(probe, wordsAt(job)));
  const value = measured.ok ? redact(JSON.stringify(maskJson(measured.value, redact))) : null;
  try {
    const filled = await fillConditions(job, expect, measured);
    const verdict = judge(measured, filled, baseline, probe.unit);
    return {
      subject,
      result: verdict.result,
      value,
      expected: redact(verdict.expected),
      code: verdict.code,
      detail: redact(verdict.detail),
      unit: probe.unit,
    };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return {
      subject,
      result: 'unknown',
      value,
      expected: '',
      code: 'unset',
      detail: redact(error.message),
      unit: probe.unit,
    };
  }
}

async function fillConditions(
  job: Job,
  expect: Tolerance,
  measured: Measured,
): Promise<readonly FilledCondition[]> {
  const expressions = expect.conditions.flatMap((condition) =>
    condition.kind === 'cel' ? [condition.expression] : [],
  );
  const parts = [...templatesOf(expect.conditions), ...expressions];
  const reader = instantReader(job, parts) ?? (await readerFor(job, parts));
  const bound = (value: Template | number | boolean | null): Json =>
    typeof value === 'object' && value !== null ? reader.fill(value) : value;
  const number = (value: Template | number): number =>
    typeof value === 'number' ? value : Number(reader.fill(value));
  return expect.conditions.map((condition): FilledCondition => {
    switch (condition.kind) {
      case 'equals':
      case 'not':
      case 'all':
        return { kind: condition.kind, value: bound(condition.value) };
      case 'in':
        return { kind: 'in', values: condition.values.map(bound) };
      case 'between':
        return { kind: 'between', low: number(condition.low), high: number(condition.high) };
      case 'compare':
        return { kind: 'compare', op: condition.op, value: number(condition.value) };
      case 'header':
        return {
          ...condition,
          value: condition.value === null ? null : asText(reader.fill(condition.value)),
        };
      case 'cel': {
        const answer = reader.evaluate(condition.expression, measured.ok ? { value: measured.value } : {});
        const result: Result =
          !answer.ok || typeof answer.value !== 'boolean' ? 'unknown' : answer.value ? 'pass' : 'fail';
        return {
          kind: 'cel',
          source: condition.expression.source,
          result,
          detail: answer.ok ? '' : answer.detail,
        };
      }
      default:
        return condition;
    }
  });
}

function obligationReading(
  context: Context,
  subject: { readonly obligation: string; readonly state: 'open' | 'closed' },
): Reading {
  const debts = Object.values(context.obligations).filter(({ id }) => id === subject.obligation);
  const open = debts.some(({ state }) => state === 'open' || state === 'released');
  const good = subject.state === 'open' ? open : !open;
  return {
    subject: `debt ${subject.obligation}`,
    result: good ? 'pass' : 'fail',
    value: JSON.stringify(open ? 'open' : 'closed'),
    expected: subject.state,
    code: good ? null : 'not_as_expected',
    detail: `${subject.obligation} is ${open ? 'open' : 'not open'}`,
    unit: null,
  };
}

/** Kleene "and": fail beats unknown beats pass. */
export function worst(readings: readonly Reading[]): Result {
  if (readings.some(({ result }) => result === 'fail')) return 'fail';
  return readings.some(({ result }) => result === 'unknown') ? 'unknown' : 'pass';
}

export const placeOfWork = (job: Job): { readonly place: Place; readonly attempt: string } => ({
  place: job.work.place,
  attempt: job.work.attempt,
});

/** Resolves after `ms`, or at once when the work is stopped. */
export function pause(job: Job, ms: number): Promise<void> {
  return new Promise((resolve) => {
    if (job.signal.aborted) return resolve();
    const stopped = (): void => {
      cancel();
      resolve();
    };
    const cancel = job.options.ports.clock.after(ms, () => {
      // work that looks four times a second all night would leave a hundred thousand of them
      job.signal.removeEventListener('abort', stopped);
      resolve();
    });
    job.signal.addEventListener('abort', stopped, { once: true });
  });
}
