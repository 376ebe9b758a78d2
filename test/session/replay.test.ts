import { describe, expect, test } from 'vitest';
import { outsideFacts } from '../../src/machine/facts/outside.ts';
import { factSchema } from '../../src/machine/facts.ts';
import { applyFact, contextOf, replay, startSnapshot } from '../../src/machine/replay.ts';
import { viewOf } from '../../src/machine/view-of.ts';
import { workOf } from '../../src/machine/work.ts';
import type { Offer } from '../../src/machine/view.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Intent } from '../../src/session/intents.ts';
import type { RecordedFact } from '../../src/session/ports.ts';
import { fiveRunbooks } from './five-runbooks.ts';
import type { Outcome } from './fake-world.ts';
import { openWorld, signatureOf } from './fake-world.ts';
import type { TestSession } from './open-test-session.ts';
import { compiledOf, openTestSession } from './open-test-session.ts';

/** A small generator with a seed, so that a walk that fails can be walked again (mulberry32). */
function dice(seed: number): <Value>(values: readonly [Value, ...Value[]]) => Value {
  let state = seed;
  return ([first, ...rest]) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    const share = ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    return [first, ...rest][Math.floor(share * (rest.length + 1))] ?? first;
  };
}

const outcomes = [
  0,
  0,
  0,
  1,
  'timed_out',
  'signalled',
  'not_started',
  'lost',
  'stays',
] as const satisfies readonly Outcome[];
const timedRows = (rows: readonly RecordedFact[]) => rows.map(({ fact, at }) => ({ ...fact, at }));

/** One thing that may happen: something offered, something around the steps, time, an end, or a death. */
async function happen(session: TestSession, pick: ReturnType<typeof dice>): Promise<TestSession> {
  const { current, obligations } = session.session.view();
  const offers = current.flatMap((step) =>
    step.offers.map((offer): readonly [Offer, string] => [offer, step.place.step]),
  );
  const running = current.filter(({ status }) => status === 'performing').map(({ attempt }) => attempt);
  const chance = pick([
    'offer',
    'offer',
    'offer',
    'offer',
    'offer',
    'time',
    'time',
    'end',
    'around',
    'death',
    'crash',
  ]);
  const [offer, ...others] = offers;
  if (chance === 'offer' && offer !== undefined) await take(session, pick([offer, ...others]), pick);
  else if (chance === 'end' && running[0] !== undefined) {
    session.world.end(running[0], pick([0, 0, 1, 'signalled']));
    await session.clock.advance(0);
  } else if (chance === 'death') return session.dies('resumed');
  else if (chance === 'crash') {
    for (const attempt of running) {
      if (pick([true, false]))
        session.world.finds[attempt] = { verdict: 'in_doubt', doubt: 'reboot', detail: 'so' };
    }
    return session.dies('resumed');
  } else if (chance === 'around') {
    const key = obligations.find(({ state }) => state === 'open')?.key ?? '';
    const type = pick(['note', 'drift', 'hold', 'unhold', 'unhold', 'abort', 'release', 'carry'] as const);
    const often = type === 'abort' ? pick([true, false]) : true;
    if (often) await session.say<Intent['type']>(type, type === 'release' || type === 'carry' ? { key } : {});
  } else await session.clock.advance(pick([0, 1000, 5000, 60_000, 600_000]));
  return session;
}

async function take(
  session: TestSession,
  [offer, step]: readonly [Offer, string],
  pick: ReturnType<typeof dice>,
) {
  const here = session.at(step);
  switch (offer.intent) {
    case 'choose': {
      const [first, ...rest] = here.question?.options.map(({ id }) => id) ?? [];
      if (first === undefined) return;
      return session.say('choose', { option: pick([first, ...rest]), fields: { until: '1m' } }, step);
    }
    case 'sign':
      if (pick([true, false])) return session.say('deny', {}, step);
      return session.say(
        'sign',
        { principal: 'grace', signature: signatureOf('grace', here.approval?.request ?? '') },
        step,
      );
    case 'resolve_doubt':
      return session.say('resolve_doubt', { as: pick(['done', 'not_done', 'run_again']) }, step);
    case 'report':
      return session.say('report', { result: pick(['pass', 'pass', 'fail', 'unknown']) }, step);
    case 'type_value':
      return session.say('type_value', { value: pick([step, 'something else']) }, step);
    case 'route':
      return session.say('route', { to: offer.to }, step);
    default:
      return session.say(offer.intent, {}, step);
  }
}

async function walk(runbook: Runbook, seed: number, most: number): Promise<TestSession> {
  const pick = dice(seed);
  const world = openWorld();
  for (const step of runbook.phases
    .flatMap(({ steps }) => steps)
    .flatMap(function inside(one): string[] {
      return one.kind === 'each' || one.kind === 'parallel' ? one.steps.flatMap(inside) : [one.id];
    }))
    world.endings[step] = [pick(outcomes), pick(outcomes), 0];
  world.readings['smoke'] = async () => pick([1, 1, 0]);
  let session = await openTestSession({ runbook, world });
  for (let turn = 0; turn < most && session.session.view().status !== 'closed'; turn += 1) {
    session = await happen(session, pick);
  }
  return session;
}

describe.each(Object.entries(fiveRunbooks()))('random sessions of the %s runbook', (_name, runbook) => {
  test.each(Array.from({ length: 6 }, (_, index) => index + 1))(
    'replay to what they were (%d)',
    async (seed) => {
      const session = await walk(runbook, seed, 60);
      const rows = session.log.facts();
      const compiled = compiledOf(runbook);

      // the whole, as it stood in the process that lived it
      expect(contextOf(replay(compiled, 'session', timedRows(rows)))).toEqual(session.context());

      // no command was started twice, and each new attempt at one that was in doubt was a person's decision
      const { ran } = session.world;
      expect(new Set(ran).size).toBe(ran.length);
      expectDecided(runbook, rows);
    },
  );

  test('open at any place of their history without starting anything, and stand there as they stood', async () => {
    const session = await walk(runbook, 99, 60);
    const rows = session.log.facts();
    const compiled = compiledOf(runbook);
    const ran = session.world.ran.length;
    const measured = session.world.measured.length;
    let snapshot = startSnapshot(compiled, 'session');
    for (const [index, fact] of timedRows(rows).entries()) {
      snapshot = applyFact(compiled, snapshot, fact);
      const reopened = await openTestSession({
        runbook,
        rows: rows.slice(0, index + 1),
        world: session.world,
        clock: session.clock,
        how: 'opened',
      });
      expect(reopened.context()).toEqual(contextOf(snapshot));
      expect(reopened.log.appends).toEqual([]);
    }
    await session.clock.advance(600_000);
    expect(session.world.ran.length).toBe(ran);
    expect(session.world.measured.length).toBe(measured);
  });

  test('are plain data at any place: the context survives JSON, and the view can be made', async () => {
    const { log } = await walk(runbook, 7, 60);
    const compiled = compiledOf(runbook);
    const context = contextOf(replay(compiled, 'session', timedRows(log.facts())));

    expect(JSON.parse(JSON.stringify(context))).toEqual(context);
    expect(viewOf(compiled.book, context)).toEqual(
      viewOf(compiled.book, JSON.parse(JSON.stringify(context))),
    );
    expect(workOf(compiled.book, context).every(({ key }) => key !== '')).toBe(true);
  });
});

test('the random sessions meet every fact that a session records of its steps', async () => {
  const beside = [
    'clock.',
    'client.',
    'window.',
    'watch.',
    'trigger.',
    'invariant.',
    'data.',
    'flag.',
    'evidence.',
    'comms.',
    'handover.',
    'incident.',
    'calendar.',
    'event.',
    'scope.',
    'smoke.', // smoke.test.ts has it
    'pm.', // what people add to the record afterwards
    'learn.',
    'runbook.', // rebase.test.ts has it
    'drift.captured', // drift.test.ts has both, with real files
    'drift.looked',
    'comparison.', // takes minutes of series: compare.test.ts has it, with what becomes of it after a crash
  ];
  const others = [
    'advice.',
    'success.',
    'escalation.',
    'intent.',
    'drill.',
    'authority.',
    'decision.chosen',
    'objection.',
    'override.',
    'session.stopped',
    'obligation.op',
    'obligation.ov',
  ];
  const missing = new Set(
    factSchema.options
      .map(({ shape }) => shape.type.value)
      .filter((type) => ![...beside, ...others].some((start) => type.startsWith(start)))
      .filter((type) => !outsideFacts.some(({ shape }) => shape.type.value === type)),
  );
  for (let seed = 1; seed <= 60 && missing.size > 0; seed += 1) {
    for (const runbook of Object.values(fiveRunbooks())) {
      const { log } = await walk(runbook, seed, 60);
      for (const { fact } of log.facts()) missing.delete(fact.type);
    }
  }

  expect([...missing]).toEqual([]);
});

/** Between a doubt and the next intent at the same place stands what a person decided. */
function expectDecided(runbook: Runbook, rows: readonly RecordedFact[]): void {
  const { steps } = compiledOf(runbook).book;
  const doubtful = new Map<string, boolean>();
  for (const { fact } of rows) {
    if (!('attempt' in fact)) continue;
    const key = `${fact.place.step}@${fact.place.item}`;
    if (fact.type === 'command.ended' && fact.doubt !== null) doubtful.set(key, true);
    if (fact.type === 'attempt.found' && fact.verdict === 'in_doubt') doubtful.set(key, true);
    if (fact.type === 'doubt.resolved') doubtful.set(key, false);
    const step = steps.get(fact.place.step);
    const reads = step !== undefined && step.readOnly && step.kind !== 'release';
    if (fact.type === 'step.intent' && !reads) expect(doubtful.get(key) ?? false).toBe(false);
  }
}
