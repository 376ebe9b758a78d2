import { decideScope } from '../judge/scope.ts';
import type { LiveVersion, MixedState, ScopeInput, ScopeNeed, ScopePart } from '../judge/scope-model.ts';
import { liveVersion, sameVersion, versionText } from '../judge/scope-version.ts';
import type { Fact, FactOf } from '../machine/facts.ts';
import { driftFound } from '../machine/drift.ts';
import { epochMsOf } from '../machine/iso-time.ts';
import { evaluate } from '../runbook/expressions.ts';
import type { Component, ComponentNeed } from '../runbook/model/scope.ts';
import type { Expression, Json } from '../runbook/model/values.ts';
import { fillTemplate } from '../runbook/template.ts';
import type { Job } from './kit.ts';
import { measure, measureNames } from './kit.ts';
import type { Measured } from './ports.ts';
import { namesRead, nothingMeasured, valuesAt } from './values.ts';

type Values = Readonly<Record<string, Json>>;
export type Lives = Readonly<Record<string, LiveVersion>>;

/** Reads what runs now and works out what goes back together. Never fails: what cannot be known is asked. */
export async function readScope(job: Job): Promise<readonly Fact[]> {
  const components = job.book.runbook.components ?? [];
  try {
    const entries = await Promise.all(
      components.map(async (one) => [one.id, await liveOf(job, one)] as const),
    );
    return await decidedWith(job, Object.fromEntries(entries));
  } catch (error) {
    const detail = job.options.ports.redactor.text(error instanceof Error ? error.message : String(error));
    return [undecided(components, detail)];
  }
}

/** The same over versions that were read before: what a person says changes nothing about them. */
export async function decidedWith(
  job: Job,
  live: Lives,
  said: readonly FactOf<'scope.overridden'>[] = [],
): Promise<readonly Fact[]> {
  const before = job.context().scope;
  const decided: FactOf<'scope.decided'> = {
    type: 'scope.decided',
    by: 'walkback',
    ...(await decide(job, live, said)),
  };
  const known = new Set(before?.findings.map(({ detail }) => detail));
  const drift = decided.findings
    .filter(({ code, detail }) => code === 'drift' && !known.has(detail))
    .flatMap(({ component, detail }, nth) =>
      driftFound(job.context(), { by: 'walkback', what: detail, target: component }, nth),
    );
  return [decided, ...drift];
}

/** One component's version as it is now; what a command printed before it failed is not a version. */
async function liveOf(job: Job, { live }: Component): Promise<LiveVersion> {
  const measured = await measure(job, live);
  const read = versionOf(measured);
  const mask = (text: string): string => job.options.ports.redactor.text(text);
  if (!read.ok) return { ok: false, code: read.code, detail: mask(read.detail) };
  return typeof read.value === 'string' ? { ok: true, value: mask(read.value) } : read;
}

/** A version out of what was measured, or why there is none. */
export const versionOf = (measured: Measured): LiveVersion =>
  measured.ok
    ? (endingOf(measured) ?? liveVersion(measured.value))
    : { ok: false, code: measured.code, detail: measured.detail };

function endingOf({
  exit,
  status,
}: Extract<Measured, { ok: true }>): (LiveVersion & { readonly ok: false }) | null {
  if (exit !== null && exit !== 0)
    return { ok: false, code: 'exit', detail: `the command exited ${String(exit)}` };
  if (status !== null && status >= 400)
    return { ok: false, code: 'status', detail: `the answer was ${String(status)}` };
  return null;
}

async function decide(job: Job, live: Lives, said: readonly FactOf<'scope.overridden'>[]) {
  const { runbook } = job.book;
  const needs = runbook.needs ?? [];
  const read = needs.flatMap(({ when, requires }) => [when, requires]);
  const templates = (runbook.components ?? []).flatMap(({ from, to }) => [from, to]);
  const names = namesRead([...read, ...templates]);
  const measured = await measureNames(job, { ...names, live: [] });
  const values = (more: typeof measured): Values =>
    valuesAt(job.options, job.context(), job.work.place, more, names.steps);
  const input = scopeInput(
    runbook,
    live,
    values({ ...nothingMeasured, ...measured }),
    [...job.context().scopeOverrides, ...said],
    job.options.ports.clock.now().ms,
  );
  return { source: input.source, ...mutable(decideScope(input)), live: { ...live } };
}

/** The facts own their copy. */
const mutable = (decision: ReturnType<typeof decideScope>) => ({
  rows: [...decision.rows],
  order: decision.order.map((unit) => [...unit]),
  edges: [...decision.edges],
  findings: [...decision.findings],
});

/** What is known about the scope, with the expressions of the runbook over `values`. */
export function scopeInput(
  runbook: Job['book']['runbook'],
  live: Lives,
  values: Values,
  overrides: ScopeInput['overrides'],
  nowMs: number,
): ScopeInput {
  const { manifest = null } = runbook;
  const parts = (runbook.components ?? []).map((one): ScopePart => {
    const change = manifest?.changed.find(({ component }) => component === one.id);
    const [from, to] = [change?.from ?? filled(one.from, values), change?.to ?? filled(one.to, values)];
    const own = one.from !== null && one.to !== null && !sameVersion(from, to);
    return {
      id: one.id,
      type: one.type,
      live: live[one.id] ?? { ok: false, code: 'not_read', detail: 'it was not read' },
      from,
      to,
      changed: manifest === null ? own : change !== undefined && !sameVersion(from, to),
    };
  });
  return {
    parts,
    needs: (runbook.needs ?? []).map((need) => needOver(need, parts, values)),
    groups: runbook.topology ?? [],
    pairs: (runbook.compat ?? []).map(({ pair, status, evidence, on, maxAgeMs }) => {
      const fromMs = epochMsOf(`${on}T00:00:00.000Z`);
      return { pair, status, evidence, on, fromMs, untilMs: fromMs + dayMs + maxAgeMs };
    }),
    overrides,
    source: manifest?.file ?? 'the runbook',
    nowMs,
  };
}

const dayMs = 86_400_000;

function filled(template: Component['from'], values: Values): Json {
  if (template === null) return null;
  const answer = fillTemplate(template, values);
  return answer.ok ? answer.value : null;
}

/** A need is an implication: where `when` does not hold, nothing is required. Both sides see the state to come. */
function needOver(
  { from, to, when, requires }: ComponentNeed,
  parts: readonly ScopePart[],
  values: Values,
): ScopeNeed {
  return {
    from,
    to,
    text: requires.source,
    holds: (state) => {
      const over = { ...values, ...versionsIn(state, parts) };
      const applies = when === null ? ({ result: 'pass' } as const) : judge(when, over);
      if (applies.result === 'fail')
        return { result: 'pass', detail: `does not apply: ${when?.source ?? ''}` };
      const held = judge(requires, over);
      if (held.result === 'pass') return { result: 'pass', detail: stateOf(requires, state) };
      if (held.result === 'unknown')
        return { result: 'unknown', detail: missing(requires, state) ?? held.detail };
      if (applies.result === 'unknown')
        return { result: 'unknown', detail: (when === null ? null : missing(when, state)) ?? applies.detail };
      return { result: 'fail', detail: stateOf(requires, state) };
    },
  };
}

function judge(expression: Expression, values: Values) {
  const answer = evaluate(expression, values);
  if (!answer.ok) return { result: 'unknown' as const, detail: answer.detail };
  if (typeof answer.value !== 'boolean')
    return { result: 'unknown' as const, detail: `\`${expression.source}\` is neither true nor false` };
  return { result: answer.value ? ('pass' as const) : ('fail' as const), detail: '' };
}

/** `live.x` and `target.x` are both what would run; each keeps the type that it is written with. */
function versionsIn(state: MixedState, parts: readonly ScopePart[]): Values {
  const typed = (like: (part: ScopePart) => Json): Record<string, Json> =>
    Object.fromEntries(
      parts.flatMap((part) => {
        const value = state[part.id];
        return value === undefined ? [] : [[part.id, asTypeOf(value, like(part))] as const];
      }),
    );
  return {
    live: typed(({ live, from }) => (live.ok ? live.value : from)),
    target: typed(({ to }) => to),
  };
}

/** A number that was written as text, or the other way round. */
function asTypeOf(value: string | number | boolean, like: Json): Json {
  if (typeof like === 'number' && typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value.trim()))
    return Number(value);
  if (typeof like === 'string' && typeof value === 'number') return String(value);
  return value;
}

/** What an expression reads and nobody knows, in words; null where all of it is known. */
function missing(expression: Expression, state: MixedState): string | null {
  const unknown = componentsRead(expression).filter((id) => state[id] === undefined);
  return unknown.length === 0 ? null : unknown.map((id) => `the version of ${id} is not known`).join(', ');
}

function componentsRead({ source }: Expression): readonly string[] {
  const { live, target } = namesRead([{ source, at: { file: '', line: 0, column: 0 }, probes: [] }]);
  return [...new Set([...live, ...target])];
}

/** `db is 42`: what the components that an expression reads would be. */
const stateOf = (expression: Expression, state: MixedState): string =>
  componentsRead(expression)
    .map((id) => `${id} is ${versionText(state[id] ?? null) ?? '?'}`)
    .join(', ');

const undecided = (components: readonly Component[], detail: string): FactOf<'scope.decided'> => ({
  type: 'scope.decided',
  by: 'walkback',
  source: '',
  rows: components.map(({ id, type }) => ({
    component: id,
    type,
    state: 'ask',
    why: 'unsettled',
    reason: `it could not be worked out: ${detail}`,
    live: null,
    from: null,
    to: null,
    unit: null,
    verdict: 'unknown',
    by: null,
  })),
  order: [],
  edges: [],
  findings: [],
  live: {},
});
