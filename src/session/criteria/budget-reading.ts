import type { Budget } from '../../judge/budget.ts';
import { judgeBudget } from '../../judge/budget.ts';
import { hourMs, minuteMs } from '../../judge/burn.ts';
import type { Probe } from '../../runbook/model/values.ts';
import type { Runbook } from '../../runbook/model.ts';
import type { ServiceLevel } from '../../runbook/model/criteria.ts';
import { burnProbe, coveredProbe, eventsProbe } from '../../runbook/service-level.ts';
import type { NumberSource } from './trigger-reading.ts';

/** A release younger than this has too few samples for any rate. */
const youngestMs = 2 * minuteMs;

/** The windows of an objective: those of its own trigger, else an hour and a twelfth; shorter for a young release. */
function windowsOf(
  { triggers }: Pick<Runbook, 'triggers'>,
  level: ServiceLevel,
  ageMs: number | null,
): { readonly longMs: number; readonly shortMs: number } {
  const own = triggers.find(({ burn = null }) => burn?.slo === level.id)?.burn?.longMs ?? hourMs;
  const longMs = ageMs === null ? own : Math.min(own, Math.max(youngestMs, ageMs));
  const whole = Math.round(longMs / 1_000) * 1_000;
  return { longMs: whole, shortMs: Math.max(1_000, Math.round(whole / 12 / 1_000) * 1_000) };
}

/** What an objective's history says now. Null where nothing counts its errors. */
export async function readBudget(
  source: NumberSource,
  runbook: Pick<Runbook, 'triggers'>,
  level: ServiceLevel,
  ageMs: number | null,
): Promise<Budget | null> {
  if (level.source == null) return null;
  const { longMs, shortMs } = windowsOf(runbook, level, ageMs);
  const number = async (probe: Probe | null): Promise<{ value: number | null; why: string | null }> => {
    if (probe === null) return { value: null, why: null };
    const measured = await source.measure(probe);
    if (!measured.ok) return { value: null, why: `${measured.code}: ${measured.detail}` };
    return { value: typeof measured.value === 'number' ? measured.value : null, why: null };
  };
  const [long, short, period, covered, events, up] = await Promise.all([
    number(burnProbe(level, longMs)),
    number(burnProbe(level, shortMs)),
    number(burnProbe(level, level.periodMs)),
    number(coveredProbe(level, level.periodMs)),
    number(eventsProbe(level, longMs)),
    level.up == null ? null : number(level.up),
  ]);
  const why = long.why ?? short.why;
  return judgeBudget({
    periodMs: level.periodMs,
    longMs,
    shortMs,
    longRate: long.value,
    shortRate: short.value,
    periodRate: period.value,
    covered: covered.value,
    events: events.value,
    fault:
      up !== null && up.value !== 1
        ? {
            code: up.value === null ? 'target_unknown' : 'target_down',
            detail: 'the target is not known to be up',
          }
        : why === null
          ? null
          : { code: why.split(':')[0] ?? 'no_data', detail: why },
  });
}
