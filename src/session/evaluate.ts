import type { Advice } from '../judge/advice.ts';
import { adviceOf } from '../judge/advice.ts';
import type { Sample, TriggerJudgement } from '../judge/trigger.ts';
import { judgeTrigger } from '../judge/trigger.ts';
import type { TriggerRead } from '../machine/outside-facts.ts';
import type { Runbook, Trigger } from '../runbook/model.ts';
import type { NumberSource } from './criteria/trigger-reading.ts';
import { masked, standingOf } from './criteria/trigger-reading.ts';
import type { Clock, Fill, Measured, Measurer } from './ports.ts';

/** The part of a runbook that says when to roll back. */
export type Criteria = Pick<Runbook, 'triggers' | 'probes' | 'decide'>;

export interface EvaluateOptions {
  readonly criteria: Criteria;
  /** Fills the probes' places. */
  readonly fill: Fill;
  readonly measurer: Measurer;
  readonly clock: Clock;
  /** The time that the monitoring lives in, epoch milliseconds. */
  readonly domainNow: () => number;
  readonly signal: AbortSignal;
}

export interface Evaluation {
  readonly advice: Advice;
  readonly because: string;
  readonly triggers: readonly TriggerRead[];
}

/** How a trigger stood when it was last read, and the samples that a probe without history has given so far. */
interface Standing {
  readonly judgement: TriggerJudgement | null;
  readonly own: readonly Sample[];
}

interface Read extends Standing {
  readonly read: TriggerRead;
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
  const reads = await Promise.all(
    options.criteria.triggers.map((trigger) => readTrigger(options, trigger, { judgement: null, own: [] })),
  );
  return evaluationOf(
    options.criteria,
    reads.map(({ read }) => read),
  );
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
  const { criteria, clock, domainNow, signal } = options;
  const standings = new Map<string, Standing>();
  const reads = new Map<string, TriggerRead>();
  const dueMs = new Map<string, number>();
  for (;;) {
    const nowMs = domainNow();
    const isLast = nowMs >= endMs;
    const due = criteria.triggers.filter(({ id }) => isLast || (dueMs.get(id) ?? -Infinity) <= nowMs);
    await Promise.all(
      due.map(async (trigger) => {
        const before = standings.get(trigger.id) ?? { judgement: null, own: [] };
        const { read, ...standing } = await readTrigger(options, trigger, before);
        if (reads.get(trigger.id)?.state !== read.state) told(read);
        standings.set(trigger.id, standing);
        reads.set(trigger.id, read);
        dueMs.set(trigger.id, nowMs + trigger.intervalMs);
      }),
    );
    const all = criteria.triggers.flatMap(({ id }) => reads.get(id) ?? []);
    if (isLast || all.some(({ state }) => state === 'FIRED')) return evaluationOf(criteria, all);
    const next = Math.min(endMs, ...dueMs.values());
    await pause(clock, Math.max(fastestMs, next - domainNow()), signal);
    if (signal.aborted) return stoppedEarly(evaluationOf(criteria, all));
  }
}

/** What was good until then need not have stayed so. */
const stoppedEarly = ({ advice, because, triggers }: Evaluation): Evaluation => ({
  advice: 'unknown',
  because: `stopped before the end; until then ${advice}: ${because}`,
  triggers,
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

function evaluationOf({ decide }: Criteria, triggers: readonly TriggerRead[]): Evaluation {
  // a trigger that cannot be read is unknown here for as long as it lasts: a pipeline stops on it
  const standings = triggers.map(({ id, advise, state }) => ({ id, advise, state, blind: false }));
  return { ...adviceOf(decide, standings), triggers };
}

async function readTrigger(options: EvaluateOptions, trigger: Trigger, before: Standing): Promise<Read> {
  const { criteria, domainNow } = options;
  const { forMs, intervalMs, breach, clear, minEvents } = trigger;
  const unit = criteria.probes[trigger.probe]?.unit ?? null;
  // judged as of the question: an answer that takes its time makes no sample older
  const nowMs = domainNow();
  const [read, counted, up] = await Promise.all([
    samplesOf(options, trigger, before.own, nowMs),
    trigger.events === null ? null : measureNumber(options, trigger.events),
    trigger.up == null ? null : standingOf(sourceOf(options), trigger.up, spanOf(trigger, nowMs)),
  ]);
  // what was sampled while the target was down does not count
  const found = up === null ? read : { ...read, samples: masked(read.samples, up) };
  const events = counted === null || typeof counted !== 'number' ? null : counted;
  const judgeAt = (at: number, least: number | null, previous: TriggerJudgement | null): TriggerJudgement =>
    judgeTrigger(
      {
        samples: found.samples.filter(([time]) => time <= at),
        breach,
        clear,
        forMs,
        intervalMs,
        minEvents: least,
        events,
        nowMs: at,
        unit,
        fault: at === nowMs ? (up?.fault ?? null) : null,
      },
      previous,
    );
  // how it stood before can be judged where enough events stand behind it
  const enough = minEvents === null || (events !== null && events >= minEvents);
  const previous =
    before.judgement ??
    (enough && found.hasHistory
      ? pastMoments(nowMs, forMs, intervalMs).reduce<TriggerJudgement | null>(
          (known, at) => judgeAt(at, null, known),
          null,
        )
      : null);
  // what fires by itself is told by itself, not by how far it is from being over
  const alone = judgeAt(nowMs, minEvents, null);
  const judgement = alone.state === 'FIRED' ? alone : judgeAt(nowMs, minEvents, previous);
  const due = Math.max(1, Math.round(forMs / intervalMs));
  const window = found.samples.filter(([at]) => at >= nowMs - forMs && at <= nowMs);
  const trouble = found.trouble ?? (counted !== null && typeof counted !== 'number' ? counted : null);
  const isUnknown = found.trouble !== null || judgement.state === 'UNKNOWN';
  return {
    judgement,
    own: found.own,
    read: {
      id: trigger.id,
      advise: trigger.advise,
      state: isUnknown ? 'UNKNOWN' : judgement.state,
      value: judgement.value,
      unit,
      breach: `${breach.op} ${breach.value}`,
      forMs,
      intervalMs,
      samples: window.filter(([, value]) => value !== null && Number.isFinite(value)).length,
      due,
      coverage: judgement.coverage,
      events,
      minEvents,
      code: isUnknown ? (trouble?.code ?? judgement.code ?? 'coverage') : null,
      why: isUnknown && trouble !== null ? trouble.detail : judgement.detail,
      series: window
        .slice(-keptSamples)
        .map(([at, value]) => [at, value !== null && Number.isFinite(value) ? value : null]),
    },
  };
}

/** Moments before now at which the trigger would have been judged, oldest first. */
function pastMoments(nowMs: number, forMs: number, intervalMs: number): readonly number[] {
  const span = (lookBack - 1) * forMs;
  const step = Math.max(intervalMs, span / mostMoments);
  const count = Math.floor(span / step);
  return Array.from({ length: count }, (_, index) => nowMs - (count - index) * step);
}

interface Trouble {
  readonly code: string;
  readonly detail: string;
}

interface Found {
  readonly samples: readonly Sample[];
  readonly own: readonly Sample[];
  readonly hasHistory: boolean;
  readonly trouble: Trouble | null;
}

async function samplesOf(
  options: EvaluateOptions,
  trigger: Trigger,
  own: readonly Sample[],
  toMs: number,
): Promise<Found> {
  const { criteria, fill, measurer, signal } = options;
  const probe = criteria.probes[trigger.probe];
  if (probe === undefined) {
    const detail = `there is no probe ${trigger.probe}`;
    return { samples: [], own, hasHistory: false, trouble: { code: 'unknown_probe', detail } };
  }
  const { forMs } = trigger;
  const series = await measurer.series(probe, fill, spanOf(trigger, toMs), signal);
  if (series !== null && 'code' in series)
    return { samples: [], own, hasHistory: true, trouble: { code: series.code, detail: series.detail } };
  if (series !== null) return { samples: series, own, hasHistory: true, trouble: null };
  const measured = await measureNumber(options, trigger.probe);
  const value = typeof measured === 'number' ? measured : null;
  const kept = [...own, [toMs, value] as const].filter(([at]) => at >= toMs - 2 * forMs);
  const trouble = typeof measured === 'number' ? tooYoung(kept, forMs, toMs) : measured;
  return { samples: kept, own: kept, hasHistory: false, trouble };
}

/** What a trigger is judged by at a moment: the same grid for its samples and for whether its target was up. */
function spanOf({ forMs, intervalMs }: Trigger, toMs: number) {
  const span = Math.min(lookBack * forMs, Math.max(2 * forMs, mostPoints * intervalMs));
  return { fromMs: toMs - span, toMs, stepMs: intervalMs };
}

const sourceOf = ({ fill, measurer, signal, domainNow }: EvaluateOptions): NumberSource => ({
  now: domainNow,
  measure: (probe) => measurer.measure(probe, fill, signal),
  series: (probe, span) => measurer.series(probe, fill, span, signal),
});

/** A probe that remembers nothing has to be read for as long as the trigger's `for`. */
const tooYoung = (kept: readonly Sample[], forMs: number, nowMs: number): Trouble | null =>
  kept.length > 1 && (kept[0]?.[0] ?? nowMs) <= nowMs - 0.8 * forMs
    ? null
    : {
        code: 'no_history',
        detail: `its probe has no history: one reading does not show ${Math.round(forMs / 1000)} s; use --wait`,
      };

/** A probe's number now, or why there is none. */
async function measureNumber(options: EvaluateOptions, id: string): Promise<number | Trouble> {
  const probe = options.criteria.probes[id];
  if (probe === undefined) return { code: 'unknown_probe', detail: `there is no probe ${id}` };
  const measured: Measured = await options.measurer.measure(probe, options.fill, options.signal);
  if (!measured.ok) return { code: measured.code, detail: measured.detail };
  if (typeof measured.value === 'number' && Number.isFinite(measured.value)) return measured.value;
  return { code: 'not_a_number', detail: `${JSON.stringify(measured.value)} is not a number` };
}
