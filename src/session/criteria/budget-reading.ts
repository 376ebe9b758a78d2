import type { Budget } from '../../judge/budget.ts';
import { judgeBudget } from '../../judge/budget.ts';
import { hourMs, shortWindows, youngPair } from '../../judge/burn.ts';
import type { Probe } from '../../runbook/model/values.ts';
import type { Runbook } from '../../runbook/model.ts';
import type { ServiceLevel } from '../../runbook/model/criteria.ts';
import { burnProbe, coveredProbe, eventsProbe } from '../../runbook/service-level.ts';
import type { Job } from '../kit.ts';
import { numbersFor } from './number-source.ts';
import { releaseWindow } from './release-window.ts';
import type { NumberSource } from './trigger-reading.ts';

/** What an objective's history says now. Null where nothing counts its errors. */
async function readBudget(
  source: NumberSource,
  runbook: Pick<Runbook, 'triggers'>,
  level: ServiceLevel,
  ageMs: number | null,
): Promise<Budget | null> {
  if (level.source == null) return null;
  // those of its own trigger, else an hour and a twelfth; shorter for a young release
  const own = runbook.triggers.find(({ burn = null }) => burn?.slo === level.id)?.burn?.longMs ?? hourMs;
  const { longMs, shortMs: twelfthMs } = youngPair(ageMs, 0, level.periodMs, own);
  const number = async (probe: Probe | null): Promise<{ value: number | null; why: string | null }> => {
    if (probe === null) return { value: null, why: null };
    const measured = await source.measure(probe);
    if (!measured.ok) return { value: null, why: `${measured.code}: ${measured.detail}` };
    return { value: typeof measured.value === 'number' ? measured.value : null, why: null };
  };
  const nearest = async (): Promise<{ shortMs: number; value: number | null; why: string | null }> => {
    for (const ms of shortWindows({ longMs, shortMs: twelfthMs })) {
      const read = await number(burnProbe(level, ms));
      if (read.why?.startsWith('no_data:') !== true) return { shortMs: ms, ...read };
    }
    return { shortMs: twelfthMs, value: null, why: 'no_data: no window of the release has two samples' };
  };
  const [long, short, period, covered, events, up] = await Promise.all([
    number(burnProbe(level, longMs)),
    nearest(),
    number(burnProbe(level, level.periodMs)),
    number(coveredProbe(level, level.periodMs)),
    number(eventsProbe(level, longMs)),
    level.up == null ? null : number(level.up),
  ]);
  const { shortMs } = short;
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

/** An objective whose errors are counted, and how it stands. */
export interface BudgetRead {
  readonly level: ServiceLevel;
  readonly budget: Budget;
}

/** Every budget that is counted, for a release as old as it is now. */
export async function readBudgets(job: Job): Promise<readonly BudgetRead[]> {
  const { runbook } = job.book;
  const source = numbersFor(job);
  const { openedMs } = releaseWindow(job);
  const ageMs = openedMs === null ? null : source.now() - openedMs;
  const read = await Promise.all(
    (runbook.slo ?? []).map(async (level) => ({
      level,
      budget: await readBudget(source, runbook, level, ageMs),
    })),
  );
  return read.flatMap(({ level, budget }) => (budget === null ? [] : [{ level, budget }]));
}
