import { describe, expect, test } from 'vitest';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Step } from '../../src/runbook/model/step.ts';
import { twoClocks } from './fake-clock.ts';
import type { World } from './fake-world.ts';
import { missed, openWorld } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';
import {
  bookOfSteps,
  checkOf,
  commandOf,
  eachStep,
  endStep,
  opensOf,
  placeFor,
  probeOf,
  releaseStep,
  runStep,
  textOf,
} from '../machine/runbook-builder.ts';

const over = endStep('over');
const proof = (id: string) =>
  checkOf(probeOf(`${id}_state`, id), [{ kind: 'equals', value: textOf('closed') }]);
const bend = (id: string, more: Partial<Parameters<typeof opensOf>[1]> = {}): Step =>
  runStep(`bend_${id}`, { opens: opensOf(id, { proof: proof(id), ...more }) });

function worldWith(states: Readonly<Record<string, string>>): World {
  const world = openWorld();
  for (const [id, state] of Object.entries(states)) world.readings[`${id}_state`] = state;
  return world;
}

describe('a debt', () => {
  test('is opened with the intent, before the command that bends anything has run', async () => {
    const world = openWorld();
    world.endings['bend_ci'] = ['stays'];
    const { say, session } = await openTestSession({ runbook: bookOfSteps(bend('ci'), over), world });

    await say('run');
    expect(session.view().obligations).toMatchObject([
      { key: 'ci', state: 'open', release: ['give-back', 'ci'], by: 'ada' },
    ]);
  });

  test('is given back by its own way back, confirmed, and closed by its proof', async () => {
    const { say, at, session, world, facts } = await openTestSession({
      runbook: bookOfSteps(bend('ci'), releaseStep('back', ['ci']), over),
      world: worldWith({ ci: 'closed' }),
    });

    await say('run');
    expect(at()).toMatchObject({ kind: 'release', status: 'ready', way: 'release' });
    expect(at().shown).toMatchObject({ argv: ['give-back', 'ci'], confirm: 'yes', debt: 'ci' });
    await say('run');
    expect(world.ran).toEqual(['bend_ci#1', 'back#1']);
    expect(facts('obligation.discharged')).toMatchObject([{ key: 'ci', how: 'proved' }]);
    expect(session.view()).toMatchObject({ status: 'closed', obligations: [{ state: 'proved' }] });
  });

  test('is not taken for given back because a step says that it only reads', async () => {
    const { at, say } = await openTestSession({
      runbook: bookOfSteps(
        bend('ci'),
        releaseStep('back', ['ci'], { readOnly: true, idempotent: true }),
        over,
      ),
      world: Object.assign(worldWith({ ci: 'closed' }), { endings: { back: ['signalled'] } }),
    });

    await say('run');
    expect(at()).toMatchObject({ status: 'ready', place: { step: 'back' } });
    await say('run');
    expect(at().status).toBe('in_doubt');
  });

  test('whose proof fails is owed still, and the next try is about the same one', async () => {
    const world = worldWith({ ci: 'open', alerts: 'closed' });
    const { say, at, session } = await openTestSession({
      runbook: bookOfSteps(bend('ci'), bend('alerts'), releaseStep('back', ['ci', 'alerts']), over),
      world,
    });

    await say('run');
    await say('run');
    await say('run');
    expect(at()).toMatchObject({ status: 'failed', place: { step: 'back' } });
    expect(session.view().obligations).toMatchObject([{ state: 'open' }, { state: 'open' }]);
    await say('retry');
    expect(at().shown?.debt).toBe('ci');
    world.readings['ci_state'] = 'closed';
    await say('run');
    expect(at().shown?.debt).toBe('alerts');
    await say('run');
    expect(session.view().status).toBe('closed');
  });

  test('opened inside each is one for each item, given back with the item it was opened for', async () => {
    const pause: Step = runStep('pause', {
      opens: opensOf('paused', {
        proof: proof('paused'),
        release: commandOf('resume', placeFor('item.name')),
      }),
    });
    const world = worldWith({ paused: 'closed' });
    const { say, session } = await openTestSession({
      runbook: {
        ...bookOfSteps(eachStep('nodes', [pause]), releaseStep('back', ['paused']), over),
        scope: { items: [{ name: 'a' }, { name: 'b' }] },
      },
      world,
    });

    for (let turn = 0; turn < 4; turn += 1) await say('run');
    expect(world.ran).toEqual(['pause@0#1', 'pause@1#1', 'back#1', 'back#2']);
    expect([world.argv.get('back#1'), world.argv.get('back#2')]).toEqual([
      ['resume', 'a'],
      ['resume', 'b'],
    ]);
    expect(session.view().obligations.map(({ key, state }) => [key, state])).toEqual([
      ['paused@0', 'proved'],
      ['paused@1', 'proved'],
    ]);
  });

  test('is owed since the first attempt that opened it, and one attempt that never began does not wipe it', async () => {
    const { say, clock, context, at } = await openTestSession({
      runbook: bookOfSteps(bend('ci'), over),
      world: Object.assign(openWorld(), { endings: { bend_ci: [1, 'not_started', 0] } }),
    });

    await say('run');
    const opened = context().obligations['ci']?.openedAt;
    await clock.advance(60_000);
    await say('retry');
    await say('run');
    expect(at().problem?.code).toBe('not_started');
    expect(context().obligations['ci']).toMatchObject({ state: 'open', openedAt: opened });
  });

  test('keeps the session open after its end, and can be given back then', async () => {
    const { say, session, at, world } = await openTestSession({
      runbook: bookOfSteps(bend('ci'), over),
      world: worldWith({ ci: 'closed' }),
    });

    await say('run');
    expect(session.view()).toMatchObject({ status: 'ended', outcome: 'rolled_back' });
    expect(await say('close')).toMatchObject({ code: 'E_DEBTS' });
    expect(await say('release', { key: 'nothing' })).toMatchObject({ code: 'E_DEBT' });
    await say('release', { key: 'ci' });
    expect(at()).toMatchObject({ way: 'release', status: 'ready', shown: { argv: ['give-back', 'ci'] } });
    await say('run');
    expect(world.ran).toEqual(['bend_ci#1', '@back@0#1']);
    expect(session.view().status).toBe('closed');
  });

  test('that could not be given back after the end can be tried again, skipped, and asked for anew', async () => {
    const { say, session, at } = await openTestSession({
      runbook: bookOfSteps(bend('ci'), over),
      world: Object.assign(worldWith({ ci: 'closed' }), { endings: { '@back': [1, 0] } }),
    });

    await say('run');
    await say('release', { key: 'ci' });
    await say('run');
    expect(at().status).toBe('failed');
    await say('skip');
    expect(session.view()).toMatchObject({ status: 'ended', current: [] });
    await say('release', { key: 'ci' });
    await say('run');
    expect(session.view().status).toBe('closed');
  });

  test.each([
    ['carried', 'carry', 1],
    ['waived', 'waive', 0],
  ] as const)('that is %s with a reason lets the session close', async (how, intent, left) => {
    const { say, session, facts } = await openTestSession({ runbook: bookOfSteps(bend('ci'), over) });

    await say('run');
    expect(await say(intent, { key: 'ci', reason: ' ' })).toMatchObject({ code: 'E_REASON' });
    await say(intent, { key: 'ci', reason: 'the vendor does it' });
    expect(session.view()).toMatchObject({ status: 'closed', obligations: [{ state: how }] });
    expect(facts('session.closed')[0]?.openDebts).toBe(left);
  });

  test('waived while its release stands ready is not given back any more', async () => {
    const { say, at, session, world } = await openTestSession({
      runbook: bookOfSteps(bend('ci'), releaseStep('back', ['ci']), over),
    });

    await say('run');
    await say('waive', { key: 'ci' });
    await say('run');
    expect(at()).toMatchObject({ status: 'failed', problem: { code: 'not_started' } });
    await say('retry');
    expect(world.ran).toEqual(['bend_ci#1']);
    expect(session.view().status).toBe('closed');
  });

  test('that is nobody’s any more passes its release step over', async () => {
    const { facts, session } = await openTestSession({
      runbook: bookOfSteps(releaseStep('back', ['ci']), over),
    });

    expect(facts('step.passed_over')[0]?.reason).toContain('nothing is left');
    expect(session.view().status).toBe('closed');
  });

  test('in doubt while it is given back is proved after a person judged that it was done', async () => {
    const { say, at, session } = await openTestSession({
      runbook: bookOfSteps(bend('ci'), releaseStep('back', ['ci']), over),
      world: Object.assign(worldWith({ ci: 'closed' }), { endings: { back: ['timed_out'] } }),
    });

    await say('run');
    await say('run');
    expect(at().status).toBe('in_doubt');
    await say('resolve_doubt', { as: 'done' });
    expect(session.view()).toMatchObject({ status: 'closed', obligations: [{ state: 'proved' }] });
  });

  test('over its time is said to be so once', async () => {
    const { say, clock, facts, session } = await openTestSession({
      runbook: bookOfSteps(bend('ci', { ttlMs: 60_000 }), runStep('next'), over),
      monitored: true,
    });

    await say('run');
    await clock.advance(60_000);
    expect(facts('obligation.overdue')).toEqual([]);
    await clock.advance(5000);
    expect(facts('obligation.overdue')).toHaveLength(1);
    expect(session.view().obligations).toMatchObject([{ overdue: true }]);
  });

  describe('R5.3: a freeze past its limit', () => {
    const frozen = (escalate: Runbook['escalate'] = []): Runbook => ({
      ...bookOfSteps(
        bend('freeze', { ttlMs: 60_000, overdue: 'hold' }),
        runStep('drop'),
        releaseStep('thaw', ['freeze']),
        over,
      ),
      escalate,
    });

    test('holds the next change and calls for somebody; what is under way ends, and nothing is thawed by itself', async () => {
      const world = worldWith({ freeze: 'closed' });
      world.endings['drop'] = ['stays'];
      const { say, clock, facts, session, status } = await openTestSession({
        runbook: frozen([{ afterMs: 180_000, to: 'commander', command: commandOf('call', 'eva') }]),
        world,
        monitored: true,
      });
      await say('run');
      await say('run');
      await clock.advance(65_000);

      expect(session.view()).toMatchObject({
        status: 'held',
        held: expect.stringContaining('past its limit'),
      });
      expect(status('drop')).toBe('performing');
      expect(facts('escalation.sent')).toMatchObject([{ to: 'commander' }]);
      world.end('drop#1', 0);
      await clock.advance(1000);
      expect(status('drop')).toBe('done');
      expect(session.view().obligations).toMatchObject([{ state: 'open', overdue: true }]);

      await say('unhold', {}); // somebody has decided: once is enough
      await clock.advance(120_000);
      await say('run');
      expect(session.view()).toMatchObject({ status: 'closed', obligations: [{ state: 'proved' }] });
      expect(facts('session.held')).toHaveLength(1);
    });

    test.each([
      ['forward does not bring it about', 3_600_000],
      ['back does not put it off', -3_600_000],
    ])('a step of the wall clock %s', async (_, byMs) => {
      const clock = twoClocks();
      const { say, facts } = await openTestSession({ runbook: frozen(), clock, monitored: true });
      await say('run');
      await clock.advance(30_000);
      clock.step(byMs);
      await clock.advance(25_000);
      expect(facts('obligation.overdue')).toEqual([]);
      await clock.advance(10_000);
      expect(facts('obligation.overdue')).toHaveLength(1);
    });

    test('is not held where it is only noted', async () => {
      const { say, clock, facts, session } = await openTestSession({
        runbook: bookOfSteps(bend('freeze', { ttlMs: 60_000 }), runStep('drop'), over),
        monitored: true,
      });
      await say('run');
      await clock.advance(65_000);

      expect(facts('obligation.overdue')).toHaveLength(1);
      expect(session.view().status).toBe('running');
    });
  });

  test('whose way back needs a value that is captured with it is given back with that value', async () => {
    const world = openWorld();
    world.readings['weight'] = 7;
    const { say, at, context } = await openTestSession({
      runbook: bookOfSteps(
        runStep('drain', {
          capture: { weight: probeOf('weight', 'weight') },
          opens: opensOf('drained', { release: commandOf('weight', placeFor('captured.weight')) }),
        }),
        releaseStep('back', ['drained']),
        over,
      ),
      world,
    });

    await say('run');
    expect(context().obligations['drained']?.release).toEqual(['weight', '7']);
    world.readings['weight'] = 0;
    expect(at().shown?.argv).toEqual(['weight', '7']);
  });

  test('is not opened where a value that its way back needs could not be read', async () => {
    const { say, at, world } = await openTestSession({
      runbook: bookOfSteps(
        runStep('drain', { capture: { weight: probeOf('weight', 'weight') }, opens: opensOf('drained') }),
        over,
      ),
      world: Object.assign(openWorld(), { readings: { weight: missed('connection') } }),
    });

    await say('run');
    expect(at()).toMatchObject({ status: 'unknown', problem: { code: 'guard_connection' } });
    expect(world.ran).toEqual([]);
  });

  test('G5: is not opened where a value that its way back needs is a secret: that is never recorded', async () => {
    const { say, at, world, log } = await openTestSession({
      runbook: bookOfSteps(
        runStep('drain', { capture: { weight: probeOf('weight', 'weight') }, opens: opensOf('drained') }),
        over,
      ),
      secrets: ['hunter2'],
      world: Object.assign(openWorld(), { readings: { weight: 'user:hunter2' } }),
    });

    await say('run');
    expect(at()).toMatchObject({ status: 'unknown', problem: { code: 'guard_secret' } });
    expect(world.ran).toEqual([]);
    expect(JSON.stringify(log.facts())).not.toContain('hunter2');
  });

  const guarded = () =>
    bend('ci', { before: [checkOf(probeOf('head', 'head'), [{ kind: 'equals', value: textOf('good') }])] });

  test('is not given back while what must hold before it does not, and is once it does', async () => {
    const world = worldWith({ ci: 'closed' });
    world.readings['head'] = 'bad';
    const { say, at, session } = await openTestSession({
      runbook: bookOfSteps(guarded(), releaseStep('back', ['ci']), over),
      world,
    });

    await say('run');
    await say('run');
    expect(at()).toMatchObject({ status: 'failed', problem: { code: 'guard_not_as_expected' } });
    expect(world.ran).toEqual(['bend_ci#1']);
    expect(session.view().obligations).toMatchObject([{ state: 'open' }]);
    world.readings['head'] = 'good';
    await say('retry');
    await say('run');
    expect(world.ran).toEqual(['bend_ci#1', 'back#2']);
    expect(session.view().obligations).toMatchObject([{ state: 'proved' }]);
  });

  test('is given back in spite of it by somebody who says why, and its proof counts as ever', async () => {
    const world = worldWith({ ci: 'closed' });
    world.readings['head'] = missed('timeout');
    const { say, at, dies } = await openTestSession({
      runbook: bookOfSteps(guarded(), releaseStep('back', ['ci']), over),
      world,
    });

    await say('run');
    await say('run');
    expect(at()).toMatchObject({ status: 'unknown' });
    expect(at().offers).toContainEqual({ intent: 'route', to: '@anyway', title: expect.any(String) });
    const next = await dies('resumed');
    expect(await next.say('route', { to: '@anyway', reason: 'the version is pinned' })).toEqual({ ok: true });
    expect(world.ran).toEqual(['bend_ci#1', 'back#1']);
    expect(next.facts('operator.routed')).toMatchObject([{ to: '@anyway', reason: 'the version is pinned' }]);
    expect(next.session.view().obligations).toMatchObject([{ state: 'proved' }]);
  });

  test('keeps its guard on the way back of an abort', async () => {
    const world = worldWith({ ci: 'closed' });
    world.readings['head'] = 'bad';
    const { say, at } = await openTestSession({
      runbook: bookOfSteps(guarded(), runStep('next'), releaseStep('back', ['ci']), over),
      world,
    });

    await say('run');
    await say('abort', { reason: 'enough' });
    await say('run');
    expect(at()).toMatchObject({ place: { step: '@back' }, status: 'failed' });
    await say('route', { to: '@anyway', reason: 'the new release stays' });
    expect(world.ran).toHaveLength(2);
  });

  test('offers no way past a release that was not refused by its guard', async () => {
    const world = worldWith({ ci: 'open' });
    const { say, at } = await openTestSession({
      runbook: bookOfSteps(bend('ci'), releaseStep('back', ['ci']), over),
      world,
    });

    await say('run');
    await say('run');
    expect(at().status).toBe('failed');
    expect(at().offers.map(({ intent }) => intent)).toEqual(['retry', 'skip']);
    expect(await say('route', { to: '@anyway', reason: 'it will be all right' })).toMatchObject({
      ok: false,
    });
  });

  test('guards the step that needs it to be open', async () => {
    const needs = { ...checkOf({ obligation: 'ci', state: 'open' }, []) };
    const { at, say, world } = await openTestSession({
      runbook: bookOfSteps(runStep('migrate', { before: [needs] }), bend('ci'), over),
    });

    await say('run');
    expect(at()).toMatchObject({ status: 'failed', problem: { code: 'guard_not_as_expected' } });
    expect(world.ran).toEqual([]);
  });
});
