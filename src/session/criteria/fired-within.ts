import { judgeTrigger, type Fault, type Sample } from '../../judge/trigger.ts';
import type { Runbook } from '../../runbook/model.ts';
import type { Trigger } from '../../runbook/model/criteria.ts';
import type { NumberSource, Span } from './trigger-reading.ts';

/** Whether a trigger fired within a span, by its own rule on the numbers of then. */
export type FiredWithin =
  | { readonly kind: 'quiet' }
  | { readonly kind: 'fired'; readonly atMs: number }
  /** Nobody can say: it has no history, or the question was not answered. */
  | { readonly kind: 'unknown'; readonly detail: string };

/**
 * Judges a trigger at every one of its intervals within a past span (E1). What had no data then cannot have fired;
 * what cannot be asked is unknown.
 */
export async function firedWithin(
  source: NumberSource,
  probes: Runbook['probes'],
  trigger: Trigger,
  { fromMs, toMs }: Pick<Span, 'fromMs' | 'toMs'>,
): Promise<FiredWithin> {
  const probe = probes[trigger.probe];
  if (probe === undefined) return { kind: 'unknown', detail: `${trigger.id} has no probe` };
  const span = { fromMs: fromMs - trigger.forMs, toMs, stepMs: trigger.intervalMs };
  const events = trigger.events === null ? null : (probes[trigger.events] ?? null);
  const [values, up, counts] = await Promise.all([
    source.series(probe, span),
    trigger.up == null ? null : source.series(trigger.up, span),
    events === null ? null : source.series(events, span),
  ]);
  if (values === null) return { kind: 'unknown', detail: `${trigger.id} has no history` };
  if (isFault(values))
    return values.code === 'no_data'
      ? { kind: 'quiet' }
      : { kind: 'unknown', detail: `${trigger.id}: ${values.detail}` };
  const standing = known(up);
  const counted = known(counts);
  const samples = values.map(([at, value]): Sample => [
    at,
    standing === null || standing.get(at) === 1 ? value : null,
  ]);
  for (let last = 0; last < samples.length; last += 1) {
    const nowMs = samples[last]?.[0] ?? 0;
    if (nowMs < fromMs) continue;
    const { state } = judgeTrigger(
      {
        samples: samples.slice(Math.max(0, last - Math.ceil(trigger.forMs / trigger.intervalMs)), last + 1),
        breach: trigger.breach,
        clear: trigger.clear,
        forMs: trigger.forMs,
        intervalMs: trigger.intervalMs,
        minEvents: trigger.minEvents,
        events: counted?.get(nowMs) ?? null,
        nowMs,
      },
      null,
    );
    if (state === 'FIRED') return { kind: 'fired', atMs: nowMs };
  }
  return { kind: 'quiet' };
}

type Answered = readonly Sample[] | Fault | null;

const isFault = (series: readonly Sample[] | Fault): series is Fault => 'code' in series;

const known = (series: Answered): ReadonlyMap<number, number | null> | null =>
  series === null || isFault(series) ? null : new Map(series.map(([at, value]) => [at, value]));
