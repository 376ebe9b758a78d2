import { verifiedBy, recordAt } from '../../machine/places.ts';
import { asksPerson } from '../../machine/offers.ts';
import type { Fact, FactOf } from '../../machine/facts.ts';
import type { Reading } from '../../machine/facts/values.ts';
import type { Check, Json } from '../../runbook/model/values.ts';
import type { Job } from '../kit.ts';
import { pause, placeOfWork, readCheck, worst } from '../kit.ts';

/** Reads a step's check until it has passed as often in a row as asked, or its time is over. */
export async function runCheck(job: Job, checks: readonly Check[]): Promise<readonly Fact[]> {
  const { clock } = job.options.ports;
  const startedAt = clock.mono();
  const outcomes = await Promise.all(checks.map((check) => poll(job, check)));
  const readings = outcomes.map(({ reading }) => reading);
  return [
    {
      type: 'check.judged',
      ...placeOfWork(job),
      result: worst(readings),
      timedOut: outcomes.some(({ timedOut }) => timedOut),
      readings,
      durationMs: Math.round(clock.mono() - startedAt),
    },
  ];
}

/** What a step, an undo or a release is verified by. */
export async function verify(job: Job): Promise<readonly Fact[]> {
  const checks = verifiedBy(job.book, job.context(), job.work.place);
  const measured = checks.filter((check) => !asksPerson(check));
  const [judged] = await runCheck(job, measured);
  // what only a person can judge is asked once nothing that is measured speaks against it
  const asks = measured.length < checks.length;
  if (asks && judged?.type === 'check.judged' && judged.result === 'pass') return [];
  const debt = recordAt(job.context(), job.work.place)?.debt ?? null;
  if (judged === undefined || judged.type !== 'check.judged' || debt === null || judged.result !== 'pass') {
    return judged === undefined ? [] : [judged];
  }
  const reason = judged.readings.map(({ subject, detail }) => `${subject}: ${detail}`).join('; ');
  return [judged, proved(debt, 'walkback', reason)];
}

/** A debt that was given back, and what proves it. */
export const proved = (key: string, by: string, reason: string): FactOf<'obligation.discharged'> => ({
  type: 'obligation.discharged',
  by,
  key,
  how: 'proved',
  reason,
  owner: null,
  due: null,
});

async function poll(
  job: Job,
  check: Check,
): Promise<{ readonly reading: Reading; readonly timedOut: boolean }> {
  const { clock } = job.options.ports;
  const limitMs = job.work.step?.kind === 'check' ? job.work.step.timeoutMs : Infinity;
  const deadline = check.withinMs === null ? null : clock.mono() + Math.min(check.withinMs, limitMs);
  let passes = 0;
  let told = '';
  for (;;) {
    const reading = await readCheck(job, check, baselineOf(job, check));
    passes = reading.result === 'pass' ? passes + 1 : 0;
    if (passes >= check.stable) return { reading, timedOut: false };
    if (job.signal.aborted) return { reading, timedOut: false };
    // unstable is not good: one pass among failures ends as the failure it is
    if (deadline === null && reading.result !== 'pass') return { reading, timedOut: false };
    if (deadline !== null && clock.mono() + check.everyMs > deadline) {
      if (reading.result === 'pass')
        return { reading: unstable(reading, passes, check.stable), timedOut: true };
      return { reading, timedOut: reading.result === 'unknown' };
    }
    const line = readLine(reading, passes, check.stable);
    if (line !== told) job.onOutput(job.work.attempt, new TextEncoder().encode(line));
    told = line;
    await pause(job, check.everyMs);
    if (job.signal.aborted) return { reading, timedOut: false };
  }
}

/** What is read while it is waited for, for those who watch; only what it comes to is recorded. */
function readLine({ subject, detail }: Reading, passes: number, stable: number): string {
  const inARow = passes > 0 ? `, ${passes} of ${stable} in a row` : '';
  return `read ${subject}: ${detail}${inARow}\n`;
}

const unstable = (reading: Reading, passes: number, wanted: number): Reading => ({
  ...reading,
  result: 'fail',
  code: 'unstable',
  detail: `passed ${passes} times in a row of the ${wanted} that are needed within its time`,
});

/** What `same` compares with: the value captured before the change, else the baseline measured at the start. */
function baselineOf(job: Job, check: Check): Json | undefined {
  if ('obligation' in check.subject) return undefined;
  const { id } = check.subject;
  if (id === null) return undefined;
  const context = job.context();
  const captured = recordAt(context, job.work.place)?.captured[id];
  if (captured !== undefined) return captured;
  return context.baselines[id];
}
