import { adviceOf } from '../../judge/advice.ts';
import type { TriggerJudgement } from '../../judge/trigger.ts';
import { judgeSuccess, successOf } from '../../judge/success.ts';
import type { Fact } from '../../machine/facts.ts';
import type { TriggerView } from '../../machine/view.ts';
import type { SuccessCriterion, Trigger } from '../../runbook/model/criteria.ts';
import type { Gauge } from '../client.ts';
import type { Job } from '../kit.ts';
import { numbersFor } from './number-source.ts';
import type { TriggerMemory, TriggerReading } from './trigger-reading.ts';
import { numbersOf, readTrigger } from './trigger-reading.ts';
import { releaseWindow } from './release-window.ts';
import { triggerAtAge } from './young-trigger.ts';

/** The numbers that were agreed beforehand, as they stand from reading to reading. */
export interface Criteria {
  /** Reads one trigger; answers the facts that its change makes. */
  readonly readTrigger: (trigger: Trigger) => Promise<readonly Fact[]>;
  readonly readSuccess: (criterion: SuccessCriterion) => Promise<readonly Fact[]>;
  readonly gauges: () => readonly Gauge[];
}

const shownSamples = 30;

/** Facts are answered, not recorded: what is compared with is what the session has on record. */
export function watchCriteria(job: Job): Criteria {
  const { runbook } = job.book;
  const source = numbersFor(job);
  const gauges = new Map<string, Gauge>();
  const memory = new Map<string, TriggerMemory>(
    Object.values(job.context().triggers).map((known) => [known.id, asKnown(known, source.now())]),
  );
  const read = new Set<string>();
  const kept = new Map<string, TriggerReading['kept']>();
  const newest = new Map<string, number>();

  /** Every reading is kept beside the chain: the facts hold only what a change was judged by. */
  function keepSamples(series: string, samples: TriggerReading['samples']): void {
    const since = newest.get(series) ?? -Infinity;
    const fresh = samples.filter(([at]) => at > since);
    const last = fresh.at(-1);
    if (last === undefined) return;
    newest.set(series, last[0]);
    job.options.ports.log.addSamples(fresh.map(([at, value]) => ({ series, at, value })));
  }

  function advice(): readonly Fact[] {
    if (read.size < runbook.triggers.length) return [];
    const { advice: known, success } = job.context();
    const standings = runbook.triggers.map(({ id, advise }) => {
      const judgement = memory.get(id)?.judgement ?? null;
      return { id, advise, state: judgement?.state ?? null, blind: judgement?.blind ?? false };
    });
    const held = runbook.success?.map(({ id }) => success[id]?.result ?? 'unknown') ?? [];
    const now = adviceOf(runbook.decide, standings, successOf(held));
    if (known?.advice === now.advice && known.because === now.because) return [];
    return [{ type: 'advice.changed', ...now }];
  }

  return {
    gauges: () => [...gauges.values()],
    readTrigger: async (written) => {
      const { openedMs } = releaseWindow(job);
      const age = openedMs === null ? null : source.now() - openedMs;
      const { trigger, probes } = triggerAtAge(runbook, written, age);
      const reading = await readTrigger(source, probes, trigger, memory.get(trigger.id));
      memory.set(trigger.id, reading);
      keepSamples(trigger.id, reading.samples);
      read.add(trigger.id);
      gauges.set(trigger.id, gaugeOf(trigger, reading, probes[trigger.probe]?.unit ?? null));
      return [...triggerFacts(trigger, reading, job.context().triggers[trigger.id]), ...advice()];
    },
    readSuccess: async (criterion) => {
      const probe = runbook.probes[criterion.probe];
      if (probe === undefined) return [];
      const { openedMs, endMs } = releaseWindow(job);
      const nowMs = source.now();
      const toMs = endMs === null ? nowMs : Math.min(nowMs, endMs);
      const span = { fromMs: openedMs ?? nowMs, toMs, stepMs: criterion.intervalMs };
      const numbers = await numbersOf(source, probe, span, kept.get(criterion.id) ?? []);
      kept.set(criterion.id, numbers.kept);
      const verdict = judgeSuccess({ ...criterion, ...numbers, unit: probe.unit, openedMs, endMs, nowMs });
      const known = job.context().success[criterion.id];
      if (known?.result === verdict.result && known.code === verdict.code) return [];
      const { result, code, detail } = verdict;
      return [{ type: 'success.changed', id: criterion.id, result, code, detail }];
    },
  };
}

/** What a session that is taken up again knows of a trigger: one that fired stays so until it clears. */
function asKnown({ state, detail, value, code }: TriggerView, nowMs: number): TriggerMemory {
  const judgement: TriggerJudgement = {
    state,
    sinceMs: nowMs,
    coverage: 0,
    value,
    detail,
    code: code ?? null,
    blind: false,
    breachedForMs: 0,
    breachSinceMs: null,
    clearSinceMs: null,
    fired: state === 'FIRED',
  };
  return { judgement, kept: [] };
}

function triggerFacts(
  { id, forMs }: Trigger,
  { judgement, newest, samples }: TriggerReading,
  known: TriggerView | undefined,
): readonly Fact[] {
  const { state, detail, code } = judgement;
  const changed = state !== known?.state || (known.code ?? null) !== code;
  const change: readonly Fact[] = changed
    ? [
        {
          type: 'trigger.changed',
          id,
          state,
          value: newest,
          detail,
          samples: samples.map(([at, value]) => [at, value]),
          code,
          ...(judgement.breachSinceMs === null ? {} : { breachedForMs: judgement.breachedForMs }),
        },
      ]
    : [];
  const goneBlind = judgement.blind && (changed || known?.blind !== true);
  return goneBlind
    ? [...change, { type: 'trigger.blind', id, code: code ?? 'no_data', detail, forMs }]
    : change;
}

function gaugeOf(trigger: Trigger, reading: TriggerReading, unit: string | null): Gauge {
  const { judgement, newest, samples } = reading;
  return {
    id: trigger.id,
    unit,
    value: newest,
    code: judgement.code ?? (newest === null ? 'no_data' : null),
    samples: samples.slice(-shownSamples).map(([, sample]) => sample),
    threshold: trigger.breach.value,
    op: trigger.breach.op,
    setBy: trigger.setBy ?? null,
    blind: judgement.blind,
    state: judgement.state,
    pending: judgement.state === 'PENDING' ? { forMs: judgement.breachedForMs, ofMs: trigger.forMs } : null,
  };
}
