import type { Eta, StepTimeKnown } from '../../judge/eta.ts';
import { etaOf } from '../../judge/eta.ts';
import type { Context } from '../../machine/context.ts';
import { placeKey } from '../../machine/place-key.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import type { Start } from '../../machine/path-ahead.ts';
import { pathAhead } from '../../machine/path-ahead.ts';
import type { Step } from '../../runbook/model/step.ts';
import type { SessionOptions } from '../options.ts';

type Read = { readonly options: SessionOptions; readonly context: () => Context };

/**
 * How long the way from a place takes (E7), from earlier sessions of this very runbook, then drills, then what the
 * author expects. Time that people take to answer is not in it; a step of which nothing is known is counted as such.
 */
export function etaFrom({ options, context }: Read, start: Start, includeFirst = false): Eta {
  const way = pathAhead(options.compiled.book, start, includeFirst);
  return etaOf(way.flatMap((step) => timesOf(options, context(), step)));
}

/** Kinds whose time is that of a person, or none at all. */
const untimed: ReadonlySet<Step['kind']> = new Set(['decide', 'approve', 'confirm', 'manual', 'end']);

/** Times of a step and of those inside it: items one after the other, regions at the same time. */
function timesOf(options: SessionOptions, context: Context, step: Step): readonly (StepTimeKnown | null)[] {
  if (step.kind === 'parallel') {
    const regions = step.steps.map((inner) => timesOf(options, context, inner));
    const total = (times: readonly (StepTimeKnown | null)[]): number =>
      times.reduce((sum, time) => sum + (time?.p80Ms ?? 0), 0);
    return regions.toSorted((one, other) => total(other) - total(one))[0] ?? [];
  }
  if (step.kind === 'each') {
    const inside = step.steps.flatMap((inner) => timesOf(options, context, inner));
    // before the items are known they are counted as one, and as unknown
    const items = context.each[placeKey({ step: step.id, item: '' })]?.items.length ?? null;
    return items === null
      ? [...inside, null]
      : Array.from({ length: items }, (_, index) => [...inside, ...gap(step.gapMs, index)]).flat();
  }
  const measured = options.times?.[step.id];
  if (measured !== undefined) return [measured];
  if (step.expectedMs !== null) return [{ p80Ms: step.expectedMs, source: 'expected', count: 0 }];
  if (step.kind === 'wait' && step.wait.kind === 'for')
    return [{ p80Ms: step.wait.ms, source: 'expected', count: 0 }];
  if (step.kind === 'compare') {
    const { settleMs, currentMs } = step.comparison;
    const real = (settleMs + currentMs) / (context.started?.speed ?? 1);
    return [{ p80Ms: real, source: 'expected', count: 0 }];
  }
  if (step.kind === 'smoke')
    return [{ p80Ms: step.plan.stable * step.plan.everyMs, source: 'expected', count: 0 }];
  return untimed.has(step.kind) ? [] : [null];
}

const gap = (ms: number, index: number): readonly StepTimeKnown[] =>
  ms > 0 && index > 0 ? [{ p80Ms: ms, source: 'expected', count: 0 }] : [];

/**
 * How long customers have put up with it so far and how much longer they will, in real milliseconds: since the first
 * sample that breached, else since the session began. Null where the runbook sets no limit.
 */
export function patience({
  options,
  context,
}: Read): { elapsedMs: number; leftMs: number; maxMs: number } | null {
  const { tolerance = null, triggers } = options.compiled.book.runbook;
  const { started, triggers: known } = context();
  if (tolerance === null || started === null) return null;
  const sinceStart = options.ports.clock.now().ms - epochMsOf(started.at);
  const breaching = triggers.flatMap(({ id, breach: { op, value } }) => {
    const state = known[id]?.state;
    if (state !== 'FIRED' && state !== 'PENDING') return [];
    const samples = known[id]?.samples ?? [];
    const holds = (sample: number): boolean =>
      op === '>'
        ? sample > value
        : op === '>='
          ? sample >= value
          : op === '<'
            ? sample < value
            : sample <= value;
    const last = samples.findLastIndex(([, sample]) => sample !== null && !holds(sample));
    const first = samples.slice(last + 1).find(([, sample]) => sample !== null);
    return first === undefined ? [] : [(options.domainNow() - first[0]) / Math.max(1, started.speed)];
  });
  const elapsedMs = Math.max(sinceStart, ...breaching);
  return {
    elapsedMs,
    leftMs: Math.max(0, tolerance.degradedMaxMs - elapsedMs),
    maxMs: tolerance.degradedMaxMs,
  };
}
