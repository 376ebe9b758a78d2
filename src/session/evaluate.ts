import type { Advice } from '../judge/advice.ts';
import { adviceOf } from '../judge/advice.ts';
import { judgeSuccess, successOf } from '../judge/success.ts';
import type { FactOf } from '../machine/facts.ts';
import type { TriggerRead } from '../machine/facts/outside.ts';
import type { Probe } from '../runbook/model/values.ts';
import type { Runbook } from '../runbook/model.ts';
import type { SuccessCriterion, Trigger } from '../runbook/model/criteria.ts';
import type { NumberSource, TriggerMemory, TriggerReading } from './criteria/trigger-reading.ts';
import { nothingRead, numbersOf, readTrigger } from './criteria/trigger-reading.ts';
import type { AgedTrigger } from './criteria/young-trigger.ts';
import { triggerAtAge } from './criteria/young-trigger.ts';
import type { Clock } from './ports.ts';

/** The part of a runbook that says when to roll back. */
export type Criteria = Pick<Runbook, 'triggers' | 'probes' | 'decide' | 'success' | 'slo'>;

export type SuccessRead = FactOf<'evaluation.made'>['success'][number];

export interface EvaluateOptions {
  readonly criteria: Criteria;
  /** Where the numbers come from, and the time that they live in. */
  readonly source: NumberSource;
  readonly clock: Clock;
  /** When the release was finished and when its window ends, epoch milliseconds; null where nobody says. */
  readonly release: { readonly openedMs: number | null; readonly endMs: number | null };
  readonly signal: AbortSignal;
}

export interface Evaluation {
  readonly advice: Advice;
  readonly because: string;
  readonly triggers: readonly TriggerRead[];
  readonly success: readonly SuccessRead[];
}

/** Triggers are read this many times their `for` into the past, so that one that fired and has not cleared is seen. */
const lookBack = 4;
/** Prometheus answers at most 11,000 points. */
const mostPoints = 10_000;
/** Moments of the past at which a trigger is judged. */
const mostMoments = 300;
/** Samples kept in the record. */
const keptSamples = 120;
/** Readings in real time are never closer together than this. */
const fastestMs = 200;

/** Reads every trigger once, over its whole `for`, and says what they advise together. Changes nothing. */
export async function evaluateOnce(options: EvaluateOptions): Promise<Evaluation> {
  const { criteria, source } = options;
  const reads = await Promise.all(
    criteria.triggers.map(async (written) => {
      const aged = agedNow(options, written);
      return toldOf(aged, await readWithPast(source, aged));
    }),
  );
  return evaluationOf(options, reads);
}

/** The trigger as it counts for the release as old as it is now. */
function agedNow({ criteria, source, release }: EvaluateOptions, trigger: Trigger): AgedTrigger {
  const { openedMs } = release;
  return triggerAtAge(criteria, trigger, openedMs === null ? null : source.now() - openedMs);
}

/**
 * Reads the triggers, each at its interval, until one fires or the time is over, and answers how they stand then.
 * What is unknown on the way may become known: only the end judges it. `told` hears of every change of a state.
 */
export async function evaluateUntil(
  options: EvaluateOptions,
  endMs: number,
  told: (read: TriggerRead) => void,
): Promise<Evaluation> {
  const { criteria, clock, source, signal } = options;
  const memory = new Map<string, TriggerMemory>();
  const reads = new Map<string, TriggerRead>();
  const dueMs = new Map<string, number>();
  for (;;) {
    const nowMs = source.now();
    const isLast = nowMs >= endMs;
    const due = criteria.triggers.filter(({ id }) => isLast || (dueMs.get(id) ?? -Infinity) <= nowMs);
    await Promise.all(
      due.map(async (written) => {
        const aged = agedNow(options, written);
        const { trigger, probes } = aged;
        const before = memory.get(trigger.id);
        const reading =
          before === undefined
            ? await readWithPast(source, aged)
            : await readTrigger(source, probes, trigger, before);
        const read = toldOf(aged, reading);
        if (reads.get(trigger.id)?.state !== read.state) told(read);
        memory.set(trigger.id, reading);
        reads.set(trigger.id, read);
        dueMs.set(trigger.id, nowMs + trigger.intervalMs);
      }),
    );
    const all = criteria.triggers.flatMap(({ id }) => reads.get(id) ?? []);
    if (isLast || all.some(({ state }) => state === 'FIRED')) return evaluationOf(options, all);
    const next = Math.min(endMs, ...dueMs.values());
    await pause(clock, Math.max(fastestMs, next - source.now()), signal);
    if (signal.aborted) return stoppedEarly(await evaluationOf(options, all));
  }
}

/** What was good until then need not have stayed so. */
const stoppedEarly = ({ advice, because, ...read }: Evaluation): Evaluation => ({
  advice: 'unknown',
  because: `stopped before the end; until then ${advice}: ${because}`,
  ...read,
});

function pause(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resume) => {
    const stop = clock.after(ms, resume);
    signal.addEventListener('abort', () => {
      stop();
      resume();
    });
  });
}

async function evaluationOf(options: EvaluateOptions, triggers: readonly TriggerRead[]): Promise<Evaluation> {
  const { criteria } = options;
  const success = await Promise.all(
    (criteria.success ?? []).map((criterion) => readSuccess(options, criterion)),
  );
  // a trigger that cannot be read is unknown here for as long as it lasts: a pipeline stops on it
  const standings = triggers.map(({ id, advise, state }) => ({ id, advise, state, blind: false }));
  const held = successOf(success.map(({ result }) => result));
  return { ...adviceOf(criteria.decide, standings, held), triggers, success };
}

async function readSuccess(
  { criteria, source, release }: EvaluateOptions,
  criterion: SuccessCriterion,
): Promise<SuccessRead> {
  const { id, intervalMs } = criterion;
  const probe = criteria.probes[criterion.probe];
  if (probe === undefined)
    return { id, result: 'unknown', code: 'unknown_probe', why: 'there is no such probe' };
  const { openedMs, endMs } = release;
  const nowMs = source.now();
  const toMs = endMs === null ? nowMs : Math.min(nowMs, endMs);
  const numbers = await numbersOf(source, probe, { fromMs: openedMs ?? nowMs, toMs, stepMs: intervalMs }, []);
  const verdict = judgeSuccess({ ...criterion, ...numbers, unit: probe.unit, openedMs, endMs, nowMs });
  return { id, result: verdict.result, code: verdict.code, why: verdict.detail };
}

/**
 * A trigger as it stands now, having fired before or not: judged at moments of the past first, over one answer that
 * reaches back far enough. What fires by itself needs no past.
 */
async function readWithPast(source: NumberSource, { probes, trigger }: AgedTrigger): Promise<TriggerReading> {
  const nowMs = source.now();
  const wide = remembering(source, nowMs, trigger);
  const at = (now: number): NumberSource => ({ ...wide, now: () => now });
  const alone = await readTrigger(at(nowMs), probes, trigger);
  if (alone.judgement.state === 'FIRED' || probes[trigger.probe]?.source.kind !== 'prometheus') return alone;
  let past = nothingRead;
  for (const moment of pastMoments(nowMs, trigger))
    past = await readTrigger(at(moment), probes, trigger, past);
  return readTrigger(at(nowMs), probes, trigger, past);
}

/** Asks every question once, over the whole time that is looked back on, and answers parts of it. */
function remembering(source: NumberSource, nowMs: number, { forMs, intervalMs }: Trigger): NumberSource {
  const back = Math.max(2 * forMs, Math.min(lookBack * forMs, mostPoints * intervalMs));
  const series = new Map<Probe, ReturnType<NumberSource['series']>>();
  const measured = new Map<Probe, ReturnType<NumberSource['measure']>>();
  return {
    now: source.now,
    measure: (probe) => {
      const answer = measured.get(probe) ?? source.measure(probe);
      measured.set(probe, answer);
      return answer;
    },
    series: async (probe, { fromMs, toMs, stepMs }) => {
      const asked = series.get(probe) ?? source.series(probe, { fromMs: nowMs - back, toMs: nowMs, stepMs });
      series.set(probe, asked);
      const answer = await asked;
      if (answer === null || 'code' in answer) return answer;
      const part = answer.filter(([at]) => at >= fromMs && at <= toMs);
      return part.length === 0 ? { code: 'no_data', detail: 'there are no samples in that time' } : part;
    },
  };
}

/** Moments before now at which the trigger would have been judged, oldest first. */
function pastMoments(nowMs: number, { forMs, intervalMs }: Trigger): readonly number[] {
  const span = (lookBack - 2) * forMs;
  const every = Math.max(1, Math.ceil(span / mostMoments / intervalMs)) * intervalMs;
  const count = Math.floor(span / every);
  return Array.from({ length: count }, (_, index) => nowMs - (count - index) * every);
}

/** A reading as it is told and recorded. */
function toldOf({ probes, trigger }: AgedTrigger, reading: TriggerReading): TriggerRead {
  const { judgement, samples } = reading;
  const { id, advise, breach, forMs, intervalMs, minEvents } = trigger;
  const newestMs = samples.at(-1)?.[0] ?? 0;
  const window = samples.filter(([at]) => at >= newestMs - forMs);
  const due = Math.max(1, Math.round(forMs / intervalMs));
  const hasHistory = probes[trigger.probe]?.source.kind === 'prometheus';
  const isYoung = judgement.state === 'UNKNOWN' && !hasHistory && judgement.code === 'coverage';
  return {
    id,
    advise,
    state: judgement.state,
    value: judgement.value,
    unit: probes[trigger.probe]?.unit ?? null,
    breach: `${breach.op} ${breach.value}`,
    forMs,
    intervalMs,
    samples: window.filter(([, value]) => value !== null).length,
    due,
    coverage: judgement.coverage,
    events: reading.events,
    minEvents,
    code: isYoung ? 'no_history' : judgement.code,
    why: isYoung
      ? `its probe has no history, and readings do not show ${Math.round(forMs / 1000)} s yet: use --wait`
      : judgement.detail,
    series: window.slice(-keptSamples).map(([at, value]) => [at, value]),
  };
}
