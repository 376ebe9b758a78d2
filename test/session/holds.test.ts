import { describe, expect, test } from 'vitest';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Step } from '../../src/runbook/model/step.ts';
import { loaded } from '../runbook/memory-files.ts';
import { fakeClock } from './fake-clock.ts';
import type { World } from './fake-world.ts';
import { openWorld } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';
import {
  approveStep,
  bookOfSteps,
  checkOf,
  commandOf,
  decideStep,
  endStep,
  manualStep,
  probeOf,
  readStep,
  runStep,
  textOf,
} from '../machine/runbook-builder.ts';

const over = endStep('over');

describe('a hold', () => {
  test('keeps run from being offered and accepted, and gives it back when it is lifted', async () => {
    const { say, at, session, world } = await openTestSession({
      runbook: bookOfSteps(runStep('swap'), over),
    });

    await say('hold', { reason: 'somebody looks' });
    expect(session.view()).toMatchObject({ status: 'held', held: 'somebody looks' });
    expect(at().offers.map(({ intent }) => intent)).toEqual(['skip']);
    expect(await say('run')).toMatchObject({ code: 'E_HELD' });
    expect(world.ran).toEqual([]);

    await say('unhold');
    expect(session.view().held).toBeNull();
    await say('run');
    expect(world.ran).toEqual(['swap#1']);
  });

  test('keeps steps from starting by themselves, which go on when it is lifted', async () => {
    const { say, session, world } = await openTestSession({
      runbook: bookOfSteps(runStep('swap'), readStep('look'), over),
      world: Object.assign(openWorld(), { endings: { swap: ['stays'] } }),
    });

    await say('run');
    await say('hold');
    world.end('swap#1', 0);
    await session.idle();
    expect(world.ran).toEqual(['swap#1']);
    expect(session.view().current).toMatchObject([{ place: { step: 'look' }, status: 'guarding' }]);

    await say('unhold');
    expect(world.ran).toEqual(['swap#1', 'look#1']);
  });

  test('does not touch what is under way, nor questions to people', async () => {
    const { say, session } = await openTestSession({
      runbook: bookOfSteps(decideStep('way', { go: 'next' }), over),
    });

    await say('hold');
    expect(await say('choose')).toEqual({ ok: true });
    expect(session.view().outcome).toBe('rolled_back');
  });

  test('keeps a retry from running, which goes on when it is lifted', async () => {
    const { say, clock, world } = await openTestSession({
      runbook: bookOfSteps(readStep('look', { retry: { times: 1, everyMs: 1000 } }), over),
      world: Object.assign(openWorld(), { endings: { look: [1] } }),
    });

    await say('hold');
    await clock.advance(10_000);
    expect(world.ran).toEqual(['look#1']);
    await say('unhold');
    await clock.advance(1000);
    expect(world.ran).toEqual(['look#1', 'look#2']);
  });

  test('holds a way back too', async () => {
    const { say, at } = await openTestSession({
      runbook: bookOfSteps(
        runStep('swap', { undo: { command: commandOf('undo'), verify: null } }),
        manualStep('look', null, { readOnly: true }),
        over,
      ),
    });

    await say('run');
    await say('abort');
    await say('hold');
    expect(await say('run')).toMatchObject({ code: 'E_HELD' });
    await say('unhold');
    await say('run');
    expect(at.bind(null)).toThrow('none');
  });

  test('outlives a break', async () => {
    const first = await openTestSession({ runbook: bookOfSteps(runStep('swap'), over) });
    await first.say('hold', { reason: 'lunch' });
    const second = await first.dies('resumed');

    expect(second.session.view().held).toBe('lunch');
    expect(await second.say('run')).toMatchObject({ code: 'E_HELD' });
  });
});

describe('a watch', () => {
  const watched = (onBreach: 'hold' | 'note', ...steps: readonly Step[]): Runbook => ({
    ...bookOfSteps(...steps, over),
    watch: [
      {
        check: checkOf(probeOf('census', 'census'), [{ kind: 'equals', value: textOf('good') }]),
        from: null,
        everyMs: 5000,
        onBreach,
      },
    ],
  });
  const worldOf = (census: World['readings'][string]): World =>
    Object.assign(openWorld(), { readings: { census } });

  test('that is breached holds the session until a person lifts it, and says when it is good again', async () => {
    const world = worldOf('good');
    const { say, clock, session, facts } = await openTestSession({
      runbook: watched('hold', runStep('swap')),
      world,
      monitored: true,
    });

    await clock.advance(5000);
    expect(session.view().status).toBe('running');
    world.readings['census'] = 'mixed';
    await clock.advance(5000);
    expect(session.view().status).toBe('held');
    expect(await say('run')).toMatchObject({ code: 'E_HELD' });

    world.readings['census'] = 'good';
    await clock.advance(5000);
    expect(facts('watch.cleared')).toHaveLength(1);
    expect(session.view().status).toBe('held');
    await say('unhold');
    expect(await say('run')).toEqual({ ok: true });
  });

  test('that cannot be read is noted, and holds once it really fails', async () => {
    const world = worldOf({ ok: false, code: 'timeout', detail: 'no answer' });
    const { clock, session, facts } = await openTestSession({
      runbook: watched('hold', runStep('swap')),
      world,
      monitored: true,
    });

    await clock.advance(10_000);
    expect(facts('watch.breached')).toMatchObject([{ hold: false }]);
    expect(session.view().status).toBe('running');
    world.readings['census'] = 'mixed';
    await clock.advance(10_000);
    expect(facts('watch.breached')).toMatchObject([{ hold: false }, { hold: true }]);
    expect(session.view().status).toBe('held');
  });

  test('that only notes holds nothing', async () => {
    const { clock, session, facts } = await openTestSession({
      runbook: watched('note', runStep('swap')),
      world: worldOf('mixed'),
      monitored: true,
    });

    await clock.advance(20_000);
    expect(facts('watch.breached')).toMatchObject([{ hold: false }]);
    expect(session.view()).toMatchObject({ status: 'running', watches: [{ breached: true }] });
  });
});

const pages: Runbook['escalate'] = [
  { afterMs: 180_000, to: 'commander', command: commandOf('page', 'commander') },
  { afterMs: 600_000, to: 'director', command: null },
];

describe('an escalation', () => {
  const book: Runbook = { ...bookOfSteps(runStep('swap'), over), escalate: pages };

  test('is sent once a step has waited for a person as long as the runbook allows, once to each', async () => {
    const { clock, facts, world } = await openTestSession({ runbook: book, monitored: true });

    await clock.advance(175_000);
    expect(facts('escalation.sent')).toEqual([]);
    await clock.advance(10_000);
    expect(facts('escalation.sent')).toMatchObject([{ to: 'commander', result: 'pass' }]);
    await clock.advance(600_000);
    expect(facts('escalation.sent').map(({ to }) => to)).toEqual(['commander', 'director']);
    expect(world.measured).toEqual(['page commander']);
  });

  test('is sent when a person asks for it, to the next in line', async () => {
    const { say, facts } = await openTestSession({ runbook: book });

    await say('escalate');
    await say('escalate');
    expect(facts('escalation.sent').map(({ to }) => to)).toEqual(['commander', 'director']);
  });

  test('to nobody is refused, in words', async () => {
    const { say } = await openTestSession({ runbook: bookOfSteps(runStep('swap'), over) });

    expect(await say('escalate')).toMatchObject({ code: 'E_NOBODY' });
  });
});

describe('a ledger that refuses', () => {
  test('lets nothing start, and says so', async () => {
    const { say, log, world, session } = await openTestSession({
      runbook: bookOfSteps(runStep('swap'), over),
    });

    log.full = true;
    expect(await say('run')).toMatchObject({ code: 'E_NOT_RECORDING', message: 'The disk is full.' });
    expect(world.ran).toEqual([]);
    expect(session.trouble()?.nextSteps).toEqual(['Make room, then resume.']);
    expect(await say('note')).toMatchObject({ code: 'E_NOT_RECORDING' });
  });

  test('has everybody called once who is due, not every second of the night', async () => {
    const { clock, log, world } = await openTestSession({
      runbook: { ...bookOfSteps(runStep('swap'), over), escalate: pages },
      monitored: true,
    });
    log.full = true;

    await clock.advance(900_000);
    expect(world.measured).toEqual(['page commander']);
  });

  test('is not asked again without end for an approval that has expired', async () => {
    const clock = fakeClock();
    const { log, facts } = await openTestSession({ runbook: bookOfSteps(approveStep('yes'), over), clock });
    const [asked] = facts('approval.requested');
    log.full = true;

    await clock.advance(Date.parse(asked?.expiresAt ?? '') - clock.now().ms);
    expect(clock.pending()).toBe(0);
  });

  test('and records again once there is room goes on from there, at the next word of a person', async () => {
    const world = openWorld();
    world.endings['swap'] = ['stays'];
    world.readings['census'] = 'before';
    const { say, log, session, facts, at, clock } = await openTestSession({
      runbook: loaded(
        `- { id: swap, run: [swap, "\${{ probes.census }}"], undo: { run: [swap, back] } }
- { id: next, run: [next], undo: { run: [next, back] } }
- { id: over, end: rolled_back }`,
        'probes: { census: { run: [census] } }',
      ),
      world,
    });
    await say('run');
    log.full = true;
    world.end('swap#1', 0);
    await clock.advance(0);
    expect(await say('note')).toMatchObject({ code: 'E_NOT_RECORDING' });
    world.readings['census'] = 'after'; // what it was shown with has changed, as it does by what it did

    log.full = false;
    expect(await say('note')).toEqual({ ok: true });
    expect(session.trouble()).toBeNull();
    expect(facts('session.resumed')).toMatchObject([
      { by: 'ada', reason: 'it can be recorded again: The disk is full.' },
    ]);
    expect(facts('command.ended')).toMatchObject([{ ending: 'exited', exitCode: 0 }]);
    expect(world.ran).toEqual(['swap#1']);
    expect(at()).toMatchObject({ place: { step: 'next' }, status: 'ready' });
    await say('run');
    expect(world.ran).toEqual(['swap#1', 'next#1']);
  });

  test('and records again starts nothing that was told to run before: it is shown again', async () => {
    const guard = Promise.withResolvers<string>();
    const world = openWorld();
    world.readings['guard'] = () => guard.promise;
    const { say, log, at, clock } = await openTestSession({
      runbook: bookOfSteps(runStep('swap', { before: [checkOf(probeOf('guard', 'guard'))] }), over),
      world,
    });
    await say('run');
    log.full = true;
    guard.resolve('ok');
    await clock.advance(0);
    log.full = false;
    expect(await say('note')).toEqual({ ok: true });
    await clock.advance(60_000);

    expect(world.ran).toEqual([]);
    expect(at()).toMatchObject({ attempt: 'swap#2', status: 'ready' });
  });

  test('while a command runs does not lose its outcome: the next process finds it', async () => {
    const first = await openTestSession({
      runbook: bookOfSteps(runStep('swap'), over),
      world: Object.assign(openWorld(), { endings: { swap: ['stays'] } }),
    });
    await first.say('run');
    first.log.full = true;
    first.world.end('swap#1', 0);
    await first.clock.advance(0);
    expect(first.session.trouble()).not.toBeNull();

    const second = await first.dies('resumed');
    expect(second.session.view().outcome).toBe('rolled_back');
    expect(second.world.ran).toEqual(['swap#1']);
  });
});
