import { numberIn } from '../../judge/equality.ts';
import type { Fault, Sample, TriggerJudgement } from '../../judge/trigger.ts';
import { judgeTrigger } from '../../judge/trigger.ts';
import type { Probe } from '../../runbook/model/values.ts';
import type { Runbook } from '../../runbook/model.ts';
import type { Trigger } from '../../runbook/model/criteria.ts';
import type { Measured } from '../ports.ts';

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** Where the numbers come from, in domain time: a session's job, or a command that asks once. */
export interface NumberSource {
  /** Null where the probe has no history; NaN stays NaN. */
  readonly series: (probe: Probe, span: Span) => Promise<readonly Sample[] | Fault | null>;
  readonly measure: (probe: Probe) => Promise<Measured>;
  readonly now: () => number;
}

/** What is kept of one trigger from one reading to the next: what was judged, and samples of a probe without a history. */
export interface TriggerMemory {
  readonly judgement: TriggerJudgement | null;
  readonly kept: readonly Sample[];
}

export const nothingRead: TriggerMemory = { judgement: null, kept: [] };

export interface TriggerReading extends TriggerMemory {
  readonly judgement: TriggerJudgement;
  /** Of the last two windows; null where there was no number, or where what is measured was down. */
  readonly samples: readonly (readonly [number, number | null])[];
  readonly newest: number | null;
  /** How many events stand behind it; null where nothing counts them. */
  readonly events: number | null;
}

/** Reads and judges a trigger once (E1). One that asks Prometheus needs no earlier reading to say how it stands. */
export async function readTrigger(
  source: NumberSource,
  probes: Runbook['probes'],
  trigger: Trigger,
  before: TriggerMemory = nothingRead,
): Promise<TriggerReading> {
  const nowMs = source.now();
  const span = { fromMs: nowMs - 2 * trigger.forMs, toMs: nowMs, stepMs: trigger.intervalMs };
  const probe = probes[trigger.probe];
  const [read, up, events] = await Promise.all([
    probe === undefined ? noProbe : numbersOf(source, probe, span, before.kept),
    trigger.up == null ? null : standingOf(source, trigger.up, span),
    eventsOf(source, probes, trigger),
  ]);
  const samples = up === null ? read.samples : masked(read.samples, up);
  const judgement = judgeTrigger(
    {
      samples,
      breach: trigger.breach,
      clear: trigger.clear,
      forMs: trigger.forMs,
      intervalMs: trigger.intervalMs,
      minEvents: trigger.minEvents,
      events,
      nowMs,
      unit: probe?.unit ?? null,
      fault: up?.fault ?? read.fault,
    },
    before.judgement,
  );
  const told = samples.map(([at, value]): readonly [number, number | null] => [at, finite(value)]);
  return { judgement, samples: told, newest: told.at(-1)?.[1] ?? null, events, kept: read.kept };
}

const finite = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;

interface Numbers {
  readonly samples: readonly Sample[];
  readonly kept: readonly Sample[];
  readonly fault: Fault | null;
}

const noProbe: Numbers = {
  samples: [],
  kept: [],
  fault: { code: 'unknown_probe', detail: 'the runbook has no such probe' },
};

/** The numbers of a span: from a history, or those that were measured one at a time. */
export async function numbersOf(
  source: NumberSource,
  probe: Probe,
  span: Span,
  before: readonly Sample[],
): Promise<Numbers> {
  const series = await source.series(probe, span);
  if (series !== null && 'code' in series) {
    // nothing found is an answer about the samples; everything else is a question that was not answered
    const fault = series.code === 'no_data' ? null : series;
    return { samples: [[span.toMs, null]], kept: before, fault };
  }
  if (series !== null) return { samples: series, kept: before, fault: null };
  const measured = await source.measure(probe);
  const value = measured.ok ? numberIn(measured.value) : null; // a command prints its number as text
  const kept = [...before, [span.toMs, value] as const].filter(([at]) => at >= span.fromMs);
  // one reading that fails is a gap; where none has come through, why is what there is to say
  const isMute = !measured.ok && kept.every(([, sample]) => sample === null);
  return { samples: kept, kept, fault: isMute ? { code: measured.code, detail: measured.detail } : null };
}

/** Whether what is measured is there: now, and at the samples of the span where that is known. */
export interface Standing {
  readonly fault: Fault | null;
  /** Null where only now is known. */
  readonly over: readonly Sample[] | null;
}

/** Whether what a trigger measures is up now, and where it was not at the samples of a span. */
async function standingOf(source: NumberSource, up: Probe, span: Span): Promise<Standing> {
  const series = await source.series(up, span);
  if (series === null) {
    const measured = await source.measure(up);
    const fault = measured.ok ? downFault(measured.value) : unseen(measured.detail);
    return { fault, over: null };
  }
  if ('code' in series) return { fault: unseen(series.detail), over: null };
  return { fault: downFault(series.at(-1)?.[1] ?? null), over: series };
}

const unseen = (detail: string): Fault => ({
  code: 'target_unknown',
  detail: `whether the target is up is not known: ${detail}`,
});

function downFault(value: unknown): Fault | null {
  if (value === 1 || value === true) return null;
  if (value === null || Number.isNaN(value)) return unseen('`up` has no sample now');
  return { code: 'target_down', detail: 'the target is down: what it last said is no measurement of now' };
}

/** A target that is down keeps serving a rate for a while: what was sampled then does not count. */
function masked(samples: readonly Sample[], { over }: Standing): readonly Sample[] {
  if (over === null) return samples;
  const up = new Set(over.filter(([, value]) => value === 1).map(([at]) => at));
  return samples.map(([at, value]): Sample => [at, up.has(at) ? value : null]);
}

/** How many events stand behind a ratio, from the probe that counts them. */
async function eventsOf(
  source: NumberSource,
  probes: Runbook['probes'],
  trigger: Trigger,
): Promise<number | null> {
  const probe = trigger.events === null ? undefined : probes[trigger.events];
  if (probe === undefined) return null;
  const measured = await source.measure(probe);
  return measured.ok ? numberIn(measured.value) : null;
}
