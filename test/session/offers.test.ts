import { describe, expect, test } from 'vitest';
import type { Offer } from '../../src/machine/view.ts';
import type { Route, RouteOn, Step } from '../../src/runbook/model/step.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Outcome } from './fake-world.ts';
import { missed, openWorld, signatureOf } from './fake-world.ts';
import { driveOn } from './drive-on.ts';
import type { TestSession } from './open-test-session.ts';
import { openTestSession } from './open-test-session.ts';
import {
  approveStep,
  bookOfSteps,
  checkOf,
  checkStep,
  commandOf,
  confirmStep,
  decideStep,
  eachStep,
  endAt,
  endStep,
  goTo,
  manualStep,
  oneOfEachKind,
  placeFor,
  probeOf,
  readStep,
  runStep,
  waitStep,
} from '../machine/runbook-builder.ts';
import type { Common } from '../machine/runbook-builder.ts';

const intents = Object.keys({
  run: true,
  skip: true,
  check_again: true,
  retry: true,
  route: true,
  resolve_doubt: true,
  choose: true,
  go_on: true,
  object: true,
  sign: true,
  report: true,
  type_value: true,
  stop_command: true,
} satisfies Record<Offer['intent'], true>) as readonly Offer['intent'][];

const commander = { id: 'commander', anyone: false, users: ['grace'], signers: 'signers' };
const bookOf = (step: Step): Runbook => ({
  ...bookOfSteps(step, endStep('over'), runStep('aside')),
  roles: [commander],
  scope: { items: ['a'] },
});
const words = checkOf(probeOf('looks', 'looks'), [{ kind: 'words', text: 'nothing is red' }]);
const polled = checkOf(probeOf('smoke', 'smoke'), [{ kind: 'equals', value: 1 }], { withinMs: 60_000 });
const heldOpen = (id: string): Step => {
  const step = decideStep(id, { go: 'next' });
  return step.kind === 'decide' ? { ...step, objectionsMs: 15_000 } : step;
};
const never = () => new Promise<never>(() => undefined);

async function standing(step: Step, outcome: Outcome = 0, then?: (session: TestSession) => Promise<unknown>) {
  const world = openWorld();
  world.endings['here'] = [outcome, 0];
  const session = await openTestSession({ runbook: bookOf(step), world });
  const [first] = session.session.view().current;
  if (first?.attempt === 'here#1' && first.status === 'ready' && outcome !== 0) await session.say('run');
  await then?.(session);
  return session;
}

/** Every status and waiting that a step can stand in, under the words a person would use. */
const standings: Readonly<Record<string, () => Promise<TestSession>>> = {
  ready: () => standing(runStep('here')),
  'ready, and required': () => standing(runStep('here', { required: true })),
  'ready, and held': () => standing(runStep('here'), 0, ({ say }) => say('hold')),
  'guarding, and held': async () => {
    const session = await openTestSession({ runbook: bookOf(readStep('here')), how: 'opened' });
    await session.say('hold');
    session.session.begin();
    return session;
  },
  guarding: async () => {
    const world = openWorld();
    world.readings['guard'] = never;
    const guarded = runStep('here', { before: [checkOf(probeOf('guard', 'guard'))] });
    const session = await openTestSession({ runbook: bookOf(guarded), world });
    await session.say('run');
    return session;
  },
  'performing a command': () => standing(runStep('here'), 'stays'),
  'performing a command that reads': () => standing(readStep('here'), 'stays'),
  'performing a check': () => standing(checkStep('here', {}, polled)),
  'performing a check in words': () => standing(checkStep('here', {}, words)),
  'performing a decision': () => standing(decideStep('here', { go: 'next' })),
  'performing a decision that waits': () =>
    standing(decideStep('here', { wait: 'again' }), 0, ({ say }) =>
      say('choose', { fields: { until: '1m' } }),
    ),
  'performing a decision that is held open': () => standing(heldOpen('here'), 0, ({ say }) => say('choose')),
  'performing a decision that met an objection': () =>
    standing(heldOpen('here'), 0, async ({ say }) => {
      await say('choose');
      await say('object');
    }),
  'performing an approval': () => standing(approveStep('here')),
  'performing work by hand': () => standing(manualStep('here', 'a valve')),
  'performing a question for a value': () => standing(confirmStep('here')),
  'performing a wait': () => standing(waitStep('here')),
  verifying: () => standing(runStep('here', { verify: [polled] }), 0, ({ say }) => say('run')),
  'verifying in words': () => standing(runStep('here', { verify: [words] }), 0, ({ say }) => say('run')),
  failed: () => standing(runStep('here'), 1),
  'failed, with a route': () => standing(runStep('here', { on: { timeout: goTo('aside') } }), 1),
  'failed, and reads': () => standing(readStep('here'), 1),
  'failed, with a retry due': () => standing(readStep('here', { retry: { times: 1, everyMs: 9000 } }), 1),
  unknown: () => standing({ ...runStep('here'), command: commandOf(placeFor('env.none')) } as Step),
  'unknown, going through what is no list': () =>
    standing({ ...eachStep('here', [readStep('inside')]), in: placeFor('1') } as Step),
  'in doubt': () => standing(runStep('here'), 'signalled'),
  'on the way back': async () => {
    const undo = { command: commandOf('undo'), verify: null };
    const runbook = bookOfSteps(runStep('here', { undo }), manualStep('rest'), endStep('over'));
    const session = await openTestSession({ runbook });
    await session.say('run');
    await session.say('abort');
    return session;
  },
};

const wordsFor = (type: Offer['intent'], session: TestSession) =>
  type === 'sign'
    ? { principal: 'grace', signature: signatureOf('grace', session.at().approval?.request ?? '') }
    : {};

describe.each(Object.entries(standings))('a step that is %s', (_name, open) => {
  test.each(intents)(
    'takes %s where it is offered, and refuses it in words where it is not',
    async (type) => {
      const session = await open();
      const before = session.log.facts().length;
      const [here] = session.session.view().current;
      if (here === undefined) throw new Error('nothing is at hand');
      const answer = await session.say(type, wordsFor(type, session));

      if (here.offers.some(({ intent }) => intent === type)) {
        expect(answer).toEqual({ ok: true });
        expect(session.log.facts().length).toBeGreaterThan(before);
      } else {
        expect(answer).toMatchObject({ ok: false, code: expect.stringMatching(/^E_/) });
        expect(session.log.facts()).toHaveLength(before);
      }
    },
  );
});

describe('a step of every kind', () => {
  const kinds = Object.entries(oneOfEachKind());

  test.each(kinds)('%s can be gone through to the end of the session', async (kind, step) => {
    const session = await openTestSession({ runbook: bookOf(step) });
    await driveOn(session);

    expect(session.session.view()).toMatchObject({ status: 'closed', outcome: 'rolled_back' });
    const last = session.status(kind);
    expect(last).toBe(kind === 'compare' || kind === 'barrier' || kind === 'release' ? 'skipped' : 'done');
  });

  test.each(kinds)('%s can be left by an abort, and nothing is left open', async (_kind, step) => {
    const session = await openTestSession({
      runbook: bookOfSteps(step, manualStep('rest'), endStep('over')),
    });
    if (session.context().endedAt === null) await session.say('abort');
    await driveOn(session);

    expect(session.session.view().status).toBe('closed');
  });
});

describe('a route', () => {
  const elsewhere: readonly [string, Route][] = [
    ['a step', goTo('aside')],
    ['a phase', goTo('main')],
    ['an end', endAt('mitigated')],
  ];
  const silent = { ...openWorld().readings, smoke: missed('no_data') };
  const leaves: Readonly<Record<RouteOn, (on: Common['on']) => Promise<TestSession>>> = {
    fail: (on) => standing(readStep('here', { on: on ?? {} }), 1),
    unknown: async (on) =>
      openTestSession({
        runbook: bookOf(checkStep('here', { on: on ?? {} }, { ...polled, withinMs: null })),
        world: Object.assign(openWorld(), { readings: silent }),
      }),
    timeout: async (on) => {
      const session = await openTestSession({
        runbook: bookOf(checkStep('here', { on: on ?? {} }, polled)),
        world: Object.assign(openWorld(), { readings: silent }),
      });
      await session.clock.advance(60_000);
      return session;
    },
    denied: (on) => standing(approveStep('here', { on: on ?? {} }), 0, ({ say }) => say('deny')),
    abort: (on) => standing(manualStep('here', 'a valve', { on: on ?? {} }), 0, ({ say }) => say('abort')),
  };

  test.each(
    (Object.keys(leaves) as RouteOn[]).flatMap((event) =>
      elsewhere
        .filter(([where]) => where !== 'a phase' || event === 'abort')
        .map(([where, route]) => [event, where, route] as const),
    ),
  )('on %s leads to %s', async (event, _where, route) => {
    const session = await leaves[event]({ [event]: route });
    const { current, outcome } = session.session.view();

    if (route.kind === 'end') expect(outcome).toBe(route.outcome);
    else
      expect(current[0]?.attempt).toBe(
        route.kind === 'goto' && route.target === 'aside' ? 'aside#1' : 'here#2',
      );
  });

  test.each((Object.keys(leaves) as RouteOn[]).filter((event) => event !== 'abort'))(
    'that asks on %s leaves the step where it is, with ways on',
    async (event) => {
      const session = await leaves[event]({});

      expect(['failed', 'unknown']).toContain(session.at('here').status);
      expect(session.at('here').offers.map(({ intent }) => intent)).toContain('skip');
    },
  );
});
