import { OperatorError } from '../../errors.ts';
import { allOf } from '../../judge/kleene.ts';
import { judgeRuns, type SmokeVerdict } from '../../judge/smoke.ts';
import type { Reading, Result } from '../../machine/facts/values.ts';
import type { Fact, FactOf } from '../../machine/facts.ts';
import type { SmokePlan, SmokeTest, SmokeWay } from '../../runbook/model/smoke.ts';
import type { StepOf } from '../../runbook/model/step.ts';
import type { Json } from '../../runbook/model/values.ts';
import type { Job } from '../kit.ts';
import { pause, placeOfWork, readCheck, readerFor } from '../kit.ts';
import { unknownCheck } from './others.ts';

type Cell = FactOf<'smoke.ran'>['cells'][number];

/** Where tests go: what `via` stands for in them. */
interface Destination {
  readonly way: SmokeWay;
  readonly name: string;
  readonly via: Readonly<Record<string, Json>>;
}

/** One test on one way, with all that was read of it so far. */
interface Tried {
  readonly test: SmokeTest;
  readonly to: Destination;
  readonly runs: readonly Result[];
  /** What is told of it: the reading that failed, else the newest. */
  readonly reading: Reading | null;
}

/** Runs that are kept of each test: enough to see how it went, however long it took to start. */
const keptRuns = 12;

/**
 * Runs every test on every way, round by round, until all of them are settled or their time is over. A crash in
 * between begins the rounds anew: what was written by then is owed since the step began.
 */
export async function smoke(job: Job, { plan }: StepOf<'smoke'>): Promise<readonly Fact[]> {
  const { clock } = job.options.ports;
  const startedAt = clock.mono();
  const found = await destinations(job, plan);
  if (!found.ok) return [unknownCheck(job, found.code, found.detail)];
  const endsAt = startedAt + (plan.withinMs ?? 0);
  let tried: readonly Tried[] = found.destinations.flatMap((to) =>
    plan.tests
      .filter(({ through }) => through.includes(to.way))
      .map((test) => ({ test, to, runs: [], reading: null })),
  );
  let said = '';
  for (let round = 1; ; round += 1) {
    tried = await runRound(job, plan, tried, round);
    if (job.signal.aborted) return [];
    const ran = factOf(job, plan, tried, round);
    if (isOver(plan, tried, round, clock.mono() >= endsAt))
      return [{ ...ran, final: true }, judged(ran, startedAt, clock.mono())];
    const news = ran.cells.map(({ result, code }) => `${result} ${code ?? ''}`).join();
    if (news !== said) job.emit(ran);
    said = news;
    await pause(job, plan.everyMs);
    if (job.signal.aborted) return [];
  }
}

type Found =
  | { readonly ok: true; readonly destinations: readonly Destination[] }
  | { readonly ok: false; readonly code: string; readonly detail: string };

async function destinations(job: Job, { proxy, instances }: SmokePlan): Promise<Found> {
  try {
    const reader = await readerFor(job, [proxy, instances]);
    const front =
      proxy === null
        ? []
        : [{ way: 'proxy' as const, name: 'proxy', via: { name: 'proxy', url: reader.text(proxy) } }];
    if (instances === null) return { ok: true, destinations: front };
    const list = reader.fill(instances);
    if (!Array.isArray(list) || list.length === 0)
      return {
        ok: false,
        code: 'no_instances',
        detail: 'no instance is known: each of them has to be tried',
      };
    const each = list.map((item: Json, index) => instanceOf(item, index));
    const bad = each.indexOf(null);
    if (bad >= 0)
      return {
        ok: false,
        code: 'bad_instance',
        detail: `instance ${bad + 1} has no \`url\`: ${JSON.stringify(list[bad])}`,
      };
    return { ok: true, destinations: [...front, ...each.filter((one) => one !== null)] };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { ok: false, code: 'unset', detail: error.message };
  }
}

/** An address, or a thing with a `url`; it is called by its name, its id, or its place in the list. */
function instanceOf(item: Json, index: number): Destination | null {
  if (typeof item === 'string') return { way: 'each_instance', name: item, via: { name: item, url: item } };
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return null;
  const fields = item as Readonly<Record<string, Json>>;
  const url = fields['url'];
  if (typeof url !== 'string') return null;
  const called = fields['name'] ?? fields['id'];
  const name =
    typeof called === 'string' || typeof called === 'number' ? String(called) : `instance ${index + 1}`;
  return { way: 'each_instance', name, via: { ...fields, name, url } };
}

/** Every way at the same time, the tests of one way one after the other: a journey may need what one before it left. */
async function runRound(
  job: Job,
  plan: SmokePlan,
  tried: readonly Tried[],
  round: number,
): Promise<readonly Tried[]> {
  const ways = Map.groupBy(tried, ({ to }) => to);
  const after = await Promise.all(
    [...ways.values()].map(async (list) => {
      const done: Tried[] = [];
      for (const one of list) {
        // the first rounds are run whole, so that the table says how often each of them passed
        const isDue = round <= plan.stable || !verdictOf(plan, one).settled;
        done.push(isDue && !job.signal.aborted ? await runOnce(job, plan, one) : one);
      }
      return done;
    }),
  );
  return after.flat();
}

async function runOnce(job: Job, plan: SmokePlan, one: Tried): Promise<Tried> {
  const before = verdictOf(plan, one);
  const reading = await readCheck({ ...job, bound: { via: one.to.via } }, one.test.check, undefined);
  const runs = [...one.runs, reading.result];
  // a failure is told by what failed, whatever passes after it
  const keeps = before.settled && before.result === 'fail';
  return { ...one, runs, reading: keeps ? one.reading : reading };
}

const verdictOf = (plan: SmokePlan, { runs }: Tried): SmokeVerdict =>
  judgeRuns(runs, plan.stable, plan.withinMs !== null);

function isOver(plan: SmokePlan, tried: readonly Tried[], round: number, timeIsOver: boolean): boolean {
  if (round < plan.stable) return false;
  const open = tried.filter((one) => !verdictOf(plan, one).settled);
  const isLost = tried.some((one) => {
    const { settled, result } = verdictOf(plan, one);
    return one.test.critical && settled && result === 'fail';
  });
  if (open.length === 0 || isLost) return true;
  // a row of passes that is under way is let come to its end
  return timeIsOver && open.every(({ runs }) => runs.at(-1) !== 'pass');
}

function factOf(job: Job, plan: SmokePlan, tried: readonly Tried[], rounds: number): FactOf<'smoke.ran'> {
  const cells = tried.map((one) => cellOf(plan, one));
  const result = allOf(cells.flatMap(({ critical, result: one }) => (critical ? one : [])));
  return { type: 'smoke.ran', ...placeOfWork(job), result, final: false, rounds, stable: plan.stable, cells };
}

function cellOf(plan: SmokePlan, one: Tried): Cell {
  const { test, to, runs, reading } = one;
  const { result, code } = verdictOf(plan, one);
  return {
    way: to.way,
    name: to.name,
    test: test.id,
    critical: test.critical,
    runs: runs.slice(-keptRuns),
    times: runs.length,
    result,
    code: code ?? (result === 'pass' ? null : (reading?.code ?? null)),
    value: reading?.value ?? null,
    expected: reading?.expected ?? '',
    detail: reading?.detail ?? '',
  };
}

/** One reading a test: on how many ways it passed, and what is wrong on the others. */
function judged(ran: FactOf<'smoke.ran'>, startedAt: number, now: number): Fact {
  const tests = [...Map.groupBy(ran.cells, ({ test }) => test)];
  const readings = tests.map(([test, cells]): Reading => {
    const bad = cells.filter(({ result }) => result !== 'pass');
    const [first] = bad.toSorted(
      (one, other) => Number(other.result === 'fail') - Number(one.result === 'fail'),
    );
    const { critical } = cells[0] ?? { critical: true };
    const told = bad.map(
      ({ name, code, detail, runs }) =>
        `${name}: ${code === 'unstable' ? `unstable (${runs.join(', ')}): ` : ''}${detail}`,
    );
    return {
      subject: critical ? test : `${test} (not critical)`,
      result: first?.result ?? 'pass',
      value: JSON.stringify(`${cells.length - bad.length}/${cells.length}`),
      expected: `${ran.stable} in a row on each way`,
      code: first?.code ?? null,
      detail: bad.length === 0 ? `passed on ${cells.map(({ name }) => name).join(', ')}` : told.join('; '),
      unit: null,
    };
  });
  return {
    type: 'check.judged',
    place: ran.place,
    attempt: ran.attempt,
    // what is not critical is told as it is, and does not decide
    result: ran.result,
    timedOut: false,
    readings,
    durationMs: Math.round(now - startedAt),
  };
}
