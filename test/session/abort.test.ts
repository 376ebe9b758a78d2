import { describe, expect, test } from 'vitest';
import type { Step } from '../../src/runbook/model/step.ts';
import { openWorld } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';
import {
  bookOfSteps,
  checkOf,
  checkStep,
  commandOf,
  confirmStep,
  decideStep,
  eachStep,
  endAt,
  endStep,
  expressionOf,
  goTo,
  manualStep,
  opensOf,
  parallelStep,
  placeFor,
  probeOf,
  runStep,
  textOf,
} from '../machine/runbook-builder.ts';
import type { Common } from '../machine/runbook-builder.ts';

const over = endStep('over');
const withUndo = (id: string, more: Common = {}): Step =>
  runStep(id, { undo: { command: commandOf('undo', id), verify: null }, ...more });

describe('an abort', () => {
  test('needs a reason, and is asked for once', async () => {
    const { say } = await openTestSession({ runbook: bookOfSteps(withUndo('one'), withUndo('two'), over) });

    expect(await say('abort', { reason: '' })).toMatchObject({ code: 'E_REASON' });
    await say('run');
    expect(await say('abort')).toEqual({ ok: true });
    expect(await say('abort')).toMatchObject({ code: 'E_NOT_NOW' });
  });

  test('takes back what happened, newest first, each one shown and confirmed', async () => {
    const { say, at, world, session, status } = await openTestSession({
      runbook: bookOfSteps(
        withUndo('one'),
        withUndo('passed', { when: expressionOf('1 > 2') }),
        withUndo('skipped'),
        runStep('debt', { opens: opensOf('ci') }),
        withUndo('two'),
        withUndo('never'),
        over,
      ),
    });

    await say('run');
    await say('skip');
    await say('run');
    await say('run');
    await say('abort');
    expect(session.view().status).toBe('aborting');
    expect(at()).toMatchObject({
      way: 'undo',
      number: 1,
      of: 3,
      shown: { argv: ['undo', 'two'], confirm: 'yes' },
    });
    await say('run');
    expect(at().shown?.argv).toEqual(['give-back', 'ci']);
    await say('run');
    await say('run');
    expect([...world.argv.values()].slice(3)).toEqual([
      ['undo', 'two'],
      ['give-back', 'ci'],
      ['undo', 'one'],
    ]);
    expect(session.view()).toMatchObject({ outcome: 'aborted', status: 'closed' });
    expect([status('one'), status('skipped'), status('never')]).toEqual(['undone', 'skipped', 'todo']);
  });

  test('with nothing to take back ends at once', async () => {
    const { say, session } = await openTestSession({ runbook: bookOfSteps(withUndo('one'), over) });

    await say('abort', { reason: 'wrong service' });
    expect(session.view()).toMatchObject({ outcome: 'aborted', status: 'closed' });
  });

  test('waits for the command under way, then takes that back too', async () => {
    const { say, session, world, at, clock } = await openTestSession({
      runbook: bookOfSteps(withUndo('one'), over),
      world: Object.assign(openWorld(), { endings: { one: ['stays'] } }),
    });

    await say('run');
    await say('abort');
    expect(session.view()).toMatchObject({
      status: 'aborting',
      current: [{ attempt: 'one#1', status: 'performing' }],
    });
    expect(world.ran).toEqual(['one#1']);
    world.end('one#1', 0);
    await clock.advance(0);
    expect(at()).toMatchObject({ way: 'undo', shown: { title: 'Undo: one' } });
  });

  test('says of what did not end well that its effect may be partial', async () => {
    const { say, at } = await openTestSession({
      runbook: bookOfSteps(withUndo('one'), over),
      world: Object.assign(openWorld(), { endings: { one: [1] } }),
    });

    await say('run');
    await say('abort');
    expect(at().shown?.title).toContain('may be partial');
  });

  test('has what is in doubt resolved first', async () => {
    const { say, session, at } = await openTestSession({
      runbook: bookOfSteps(withUndo('one', { on: { abort: endAt('mitigated') } }), over),
      world: Object.assign(openWorld(), { endings: { one: ['signalled'] } }),
    });

    await say('run');
    await say('abort');
    expect(at().status).toBe('in_doubt');
    await say('resolve_doubt', { as: 'done' });
    expect(session.view().outcome).toBe('mitigated');
  });

  test('starts nothing beside the command that it waits for', async () => {
    const { say, world, at, session } = await openTestSession({
      runbook: bookOfSteps(parallelStep('both', [withUndo('left'), withUndo('right')]), over),
      world: Object.assign(openWorld(), { endings: { left: ['stays'] } }),
    });

    await say('run', {}, 'left');
    await say('abort');
    expect(at('right').offers.map(({ intent }) => intent)).toEqual(['skip']);
    expect(await say('run', {}, 'right')).toMatchObject({ ok: false });
    expect(world.ran).toEqual(['left#1']);
    expect(session.view().status).toBe('aborting');
  });

  test.each([
    ['ready', runStep('here', { on: { abort: goTo('aside') } })],
    ['performing', manualStep('here', 'turns it', { on: { abort: goTo('aside') } })],
    ['performing', decideStep('here', { yes: 'next' }, { on: { abort: goTo('aside') } })],
  ])('at a step that is %s goes where the author says, and the session goes on', async (status, step) => {
    const { say, at, session } = await openTestSession({
      runbook: bookOfSteps(step, over, runStep('aside')),
    });

    expect(at().status).toBe(status);
    await say('abort');
    expect(at().place.step).toBe('aside');
    expect(session.view().status).toBe('running');
  });

  test('during a command goes where the author says once it has ended', async () => {
    const { say, at, world, clock } = await openTestSession({
      runbook: bookOfSteps(withUndo('here', { on: { abort: goTo('aside') } }), over, runStep('aside')),
      world: Object.assign(openWorld(), { endings: { here: ['stays'] } }),
    });

    await say('run');
    await say('abort');
    expect(at().place.step).toBe('here');
    world.end('here#1', 3);
    await clock.advance(0);
    expect(at().place.step).toBe('aside');
  });

  test('takes back each item with the item and the values that it had', async () => {
    const each = eachStep('nodes', [
      runStep('swap', {
        capture: { old: probeOf('version', 'version') },
        undo: {
          command: commandOf('restore', placeFor('item.name'), placeFor('captured.old')),
          verify: null,
        },
      }),
    ]);
    const world = openWorld();
    const { say } = await openTestSession({
      runbook: {
        ...bookOfSteps(each, decideStep('good', { yes: 'next' }), over),
        scope: { items: [{ name: 'a' }, { name: 'b' }] },
      },
      world,
    });

    world.readings['version'] = '1.0';
    await say('run');
    world.readings['version'] = '2.0';
    await say('run');
    await say('abort');
    await say('run');
    await say('run');
    expect([...world.argv.values()]).toEqual([
      ['do', 'swap'],
      ['do', 'swap'],
      ['restore', 'b', '2.0'],
      ['restore', 'a', '1.0'],
    ]);
  });

  test('does not take a way back that needs a value which was absent before', async () => {
    const { say, at, world } = await openTestSession({
      runbook: bookOfSteps(
        runStep('swap', {
          capture: { old: probeOf('version', 'version') },
          undo: { command: commandOf('restore', placeFor('captured.old')), verify: null },
        }),
        decideStep('good', { yes: 'next' }),
        over,
      ),
      world: Object.assign(openWorld(), {
        readings: { version: { ok: false, code: 'no_data', detail: 'none' } },
      }),
    });

    await say('run');
    await say('abort');
    expect(at().status).toBe('unknown');
    expect(world.ran).toEqual(['swap#1']);
  });

  test('verifies an undo, and asks where it does not hold', async () => {
    const verify = checkOf(probeOf('live', 'live'), [{ kind: 'equals', value: textOf('old') }]);
    const world = openWorld();
    world.readings['live'] = 'new';
    const { say, at, session } = await openTestSession({
      runbook: bookOfSteps(
        runStep('swap', { undo: { command: commandOf('undo'), verify } }),
        decideStep('good', { yes: 'next' }),
        over,
      ),
      world,
    });

    await say('run');
    await say('abort');
    await say('run');
    expect(at()).toMatchObject({ status: 'failed', way: 'undo' });
    expect(at().offers.map(({ intent }) => intent)).toEqual(['retry', 'skip']);
    world.readings['live'] = 'old';
    await say('retry');
    await say('run');
    expect(session.view()).toMatchObject({ outcome: 'aborted', status: 'closed' });
  });

  test('does not take back work by hand that was passed over before anyone reported it', async () => {
    const { say, session, context } = await openTestSession({
      runbook: bookOfSteps(
        manualStep('valve', 'turns the valve', {
          undo: { command: commandOf('turn', 'back'), verify: null },
        }),
        decideStep('good', { yes: 'next' }),
        over,
      ),
    });

    await say('skip');
    expect(context().history).toEqual([]);
    await say('abort');
    expect(session.view().status).toBe('closed');
  });

  test('takes back work by hand that was reported as done, without doubting it', async () => {
    const { say, at } = await openTestSession({
      runbook: bookOfSteps(
        manualStep('valve', 'turns the valve', {
          undo: { command: commandOf('turn', 'back'), verify: null },
        }),
        decideStep('good', { yes: 'next' }),
        over,
      ),
    });

    await say('report');
    await say('abort');
    expect(at().shown).toMatchObject({ title: 'Undo: valve', argv: ['turn', 'back'] });
  });

  test.each([
    ['a question', decideStep('here', { yes: 'next' })],
    ['a value to type', confirmStep('here')],
    [
      'a failed check',
      checkStep('here', {}, checkOf(probeOf('bad', 'bad'), [{ kind: 'equals', value: textOf('good') }])),
    ],
    ['a value that is not set', { ...runStep('here'), command: commandOf(placeFor('env.none')) } as Step],
    ['a message', { ...decideStep('here', { yes: 'next' }), question: textOf('?') } as Step],
  ])('is possible at %s', async (_what, step) => {
    const { say, session } = await openTestSession({ runbook: bookOfSteps(step, over) });

    await say('abort');
    expect(session.view()).toMatchObject({ outcome: 'aborted', status: 'closed' });
  });

  test('goes on where it was after a break', async () => {
    const first = await openTestSession({
      runbook: bookOfSteps(withUndo('one'), withUndo('two'), decideStep('good', { yes: 'next' }), over),
    });
    await first.say('run');
    await first.say('run');
    await first.say('abort');
    await first.say('run');
    const second = await first.dies('resumed');

    expect(second.at()).toMatchObject({ way: 'undo', number: 2, shown: { argv: ['undo', 'one'] } });
    await second.say('run');
    expect(second.session.view().status).toBe('closed');
    expect(second.world.ran).toEqual(['one#1', 'two#1', '@back@0#1', '@back@1#1']);
  });
});
