import { describe, expect, test } from 'vitest';
import type { Outcome } from './fake-world.ts';
import { openWorld, taken } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';
import {
  bookOfSteps,
  checkOf,
  commandOf,
  endStep,
  goTo,
  opensOf,
  placeFor,
  probeOf,
  readStep,
  runStep,
} from '../machine/runbook-builder.ts';
import type { Common } from '../machine/runbook-builder.ts';
import type { Step } from '../../src/runbook/model/step.ts';

const swap = (more: Common = {}): Step => runStep('swap', more);
const undo = { command: commandOf('swap', 'back'), verify: null };

async function sessionWith(step: Step, endings: readonly Outcome[] = [0]) {
  const world = openWorld();
  world.endings['swap'] = endings;
  return openTestSession({ runbook: bookOfSteps(step, endStep('over')), world });
}

describe('a command', () => {
  test('that changes something is shown, and runs only after a person said run', async () => {
    const { world, at, say, types } = await sessionWith(swap());

    expect(at().status).toBe('ready');
    expect(at().shown).toMatchObject({ argv: ['do', 'swap'], confirm: 'yes', where: 'workstation' });
    expect(world.ran).toEqual([]);

    await say('run');
    expect(world.ran).toEqual(['swap#1']);
    expect(types()).toEqual([
      'session.started',
      'step.readied',
      'operator.ran',
      'step.intent',
      'command.ended',
      'session.ended',
      'session.closed',
    ]);
  });

  test('that only reads runs by itself', async () => {
    const { world, session } = await sessionWith(readStep('swap'));

    expect(world.ran).toEqual(['swap#1']);
    expect(session.view().status).toBe('closed');
  });

  test('has its intent on disk together with the word of the person, before it is started', async () => {
    const { log, say } = await sessionWith(swap(), ['stays']);

    await say('run');
    expect(log.appends.at(-1)).toEqual(['operator.ran', 'step.intent']);
  });

  test('that exits with a failure is asked about', async () => {
    const { at, say } = await sessionWith(swap(), [3]);

    await say('run');
    expect(at().status).toBe('failed');
    expect(at().problem).toMatchObject({ code: 'exit' });
    expect(at().offers.map(({ intent }) => intent)).toEqual(['retry', 'skip']);
  });

  test('that failed is tried again as a new attempt, shown again first', async () => {
    const { at, say, world, session } = await sessionWith(swap(), [3, 0]);

    await say('run');
    await say('retry');
    expect(at()).toMatchObject({ status: 'ready', attempt: 'swap#2' });
    await say('run');
    expect(world.ran).toEqual(['swap#1', 'swap#2']);
    expect(session.view().outcome).toBe('rolled_back');
  });

  test('that may be repeated tries itself again after its pause, as often as its author says, and a person is asked then', async () => {
    const retry = { times: 2, everyMs: 5000 };
    const { at, say, types, clock, world } = await sessionWith(
      swap({ idempotent: true, retry }),
      [3, 4, 5, 0],
    );

    expect(at().shown?.leads).toMatch(/^tried again by itself, up to 2 times, 5s apart; then asked/);
    await say('run');
    expect(at()).toMatchObject({ status: 'failed', offers: [], retry: { number: 1, of: 2 } });
    await clock.advance(4999);
    expect(world.ran).toEqual(['swap#1']);
    await clock.advance(1);
    expect(types().slice(-5)).toEqual([
      'operator.retried',
      'step.readied',
      'operator.ran',
      'step.intent',
      'command.ended',
    ]);
    expect(at()).toMatchObject({
      attempt: 'swap#2',
      before: { attempt: 1, code: 'exit' },
      retry: { number: 2 },
    });
    await clock.advance(5000);
    expect(world.ran).toEqual(['swap#1', 'swap#2', 'swap#3']);
    expect(at().offers.map(({ intent }) => intent)).toEqual(['retry', 'skip']);
    expect(at().retry).toBeUndefined();

    // a person who tries it again is shown it again
    await say('retry');
    expect(at()).toMatchObject({ status: 'ready', attempt: 'swap#4', before: { attempt: 3 } });
    await say('run');
    expect(world.ran).toHaveLength(4);
  });

  test('that tries itself again asks a person where it is not shown as they saw it', async () => {
    const step = swap({ idempotent: true, retry: { times: 2, everyMs: 5000 } });
    const told: Step =
      step.kind === 'run' ? { ...step, command: commandOf('do', 'swap', placeFor('string(now)')) } : step;
    const { at, say, clock, world } = await sessionWith(told, [3, 0]);

    await say('run');
    await clock.advance(5000);
    expect(at()).toMatchObject({ status: 'ready', attempt: 'swap#2', before: { attempt: 1 } });
    expect(at().offers.map(({ intent }) => intent)).toEqual(['run', 'skip']);
    expect(world.ran).toEqual(['swap#1']);
    await say('run');
    expect(world.ran).toEqual(['swap#1', 'swap#2']);
  });

  test('that tries itself again does so after what its author names only', async () => {
    const look = (on: readonly ('fail' | 'unknown' | 'timeout')[]): Step =>
      readStep('swap', { retry: { times: 2, everyMs: 5000, on } });
    const timedOut = await sessionWith(look(['fail', 'unknown']), ['timed_out', 0]);
    await timedOut.clock.advance(60_000);
    expect(timedOut.world.ran).toEqual(['swap#1']);
    expect(timedOut.at().offers.map(({ intent }) => intent)).toEqual(['check_again', 'skip']);

    const again = await sessionWith(look(['timeout']), ['timed_out', 3, 0]);
    expect(again.at().shown?.leads).toMatch(/^tried again by itself after timeout, up to 2 times/);
    await again.clock.advance(60_000);
    expect(again.world.ran).toEqual(['swap#1', 'swap#2']);
    expect(again.at().problem).toMatchObject({ code: 'exit' });
  });

  test('that changes something and may not be repeated is never tried again by itself', async () => {
    const { at, say, clock, world } = await sessionWith(swap({ retry: { times: 2, everyMs: 5000 } }), [3, 0]);

    await say('run');
    await clock.advance(60_000);
    expect(world.ran).toEqual(['swap#1']);
    expect(at().offers.map(({ intent }) => intent)).toEqual(['retry', 'skip']);
  });

  test.each(['signalled', 'timed_out', 'lost', 'stopped'] as const)(
    'that %s leaves its effect in doubt, with the probe read',
    async (ending) => {
      const probe = probeOf('schema', 'schema');
      const { at, say, types } = await sessionWith(swap({ probeAfterCrash: probe }), [ending]);

      await say('run');
      expect(at().status).toBe('in_doubt');
      expect(at().probe).toMatchObject({ subject: 'schema', value: '"ok"' });
      expect(types().slice(-2)).toEqual(['command.ended', 'probe.read']);
    },
  );

  test.each(['signalled', 'timed_out', 'stopped'] as const)(
    'that only reads is never in doubt, even when it %s',
    async (ending) => {
      const { at } = await sessionWith(readStep('swap'), [ending]);

      expect(at().status).toBe('failed');
    },
  );

  test('run by ssh that ends with 255 is in doubt: the line may have dropped after it began', async () => {
    const step = swap();
    const remote: Step =
      step.kind === 'run'
        ? {
            ...step,
            command: { ...step.command, where: { kind: 'ssh', name: { parts: ['db1'], at: step.at } } },
          }
        : step;
    const { at, say, facts } = await sessionWith(remote, [255]);

    expect(at().shown?.where).toBe('ssh db1');
    await say('run');
    expect(at().status).toBe('in_doubt');
    expect(facts('command.ended')[0]?.doubt).toBe('ssh_255');
  });

  test('that did not start leaves neither undo nor debt behind', async () => {
    const { context, say, at } = await sessionWith(swap({ undo, opens: opensOf('frozen') }), ['not_started']);

    await say('run');
    expect(at().status).toBe('failed');
    expect(context().history).toEqual([]);
    expect(context().obligations).toEqual({});
  });

  test('that exited with a failure keeps its debt and its undo: the effect may be there', async () => {
    const { context, say } = await sessionWith(swap({ undo, opens: opensOf('frozen') }), [1]);

    await say('run');
    expect(context().history).toMatchObject([{ attempt: 'swap#1', sure: false, opened: 'frozen' }]);
    expect(context().obligations['frozen']?.state).toBe('open');
  });

  test('keeps what its patterns find, for the steps after it', async () => {
    const world = openWorld();
    world.prints['swap'] = 'reverted 3 migrations\n';
    const { context } = await openTestSession({
      runbook: bookOfSteps(
        readStep('swap', {
          watchOutput: 'reverted (?<count>\\d+) migrations',
          outputs: { count: { pattern: 'count' }, word: { pattern: 'revert\\w+' } },
        }),
        endStep('over'),
      ),
      world,
    });

    expect(context().settled['swap']?.outputs).toEqual({ count: '3', word: 'reverted' });
  });

  test('is not run with other values than those that were shown', async () => {
    const world = openWorld();
    world.readings['leader'] = 'db1';
    const step = swap();
    const runbook = bookOfSteps(
      step.kind === 'run'
        ? { ...step, command: commandOf('swap', { ...placeFor('probes.leader'), parts: [leader] }) }
        : step,
      endStep('over'),
    );
    const { at, say } = await openTestSession({
      runbook: { ...runbook, probes: { leader: probeOf('leader', 'leader') } },
      world,
    });

    expect(at().shown?.argv).toEqual(['swap', 'db1']);
    world.readings['leader'] = 'db2';
    await say('run');
    expect(at().problem).toMatchObject({ code: 'not_started', detail: expect.stringContaining('changed') });
    expect(world.ran).toEqual([]);

    await say('retry');
    expect(at().shown?.argv).toEqual(['swap', 'db2']);
    await say('run');
    expect(world.ran).toEqual(['swap#2']);
  });

  test('is stopped only for one who types the name where it may leave something broken', async () => {
    const { at, say, types } = await sessionWith(swap(), ['stays']);

    await say('run');
    expect(at().offers).toEqual([{ intent: 'stop_command', confirm: 'name', name: null }]);
    expect(await say('skip')).toMatchObject({ ok: false, code: 'E_NOT_OFFERED' });
    expect(await say('stop_command')).toEqual({ ok: true });
    expect(types().slice(-3)).toEqual(['note.added', 'command.ended', 'probe.read']);
    expect(at().status).toBe('in_doubt');
  });

  test('whose scripts changed since the session was pinned is not started', async () => {
    const world = openWorld();
    world.changed.push('steps/migrate.sh');
    const runbook = {
      ...bookOfSteps(swap(), endStep('over')),
      closure: [
        { path: 'book.yaml', sha256: '0' },
        { path: 'steps/migrate.sh', sha256: '1' },
      ],
    };
    const { at, say } = await openTestSession({ runbook, world });

    await say('run');
    expect(at()).toMatchObject({ status: 'failed', problem: { code: 'guard_changed' } });
    expect(world.ran).toEqual([]);
  });
});

const leader = { source: 'probes.leader', at: { file: 'book.yaml', line: 1, column: 1 }, probes: ['leader'] };

describe('what is in doubt', () => {
  const inDoubt = async (more: Common = {}, endings: readonly Outcome[] = ['signalled', 0]) => {
    const opened = await sessionWith(swap({ undo, opens: opensOf('frozen'), ...more }), endings);
    await opened.say('run');
    expect(opened.at().status).toBe('in_doubt');
    return opened;
  };

  test('waits for a person, with a reason', async () => {
    const { at, say, world } = await inDoubt();

    expect(at().offers.map(({ intent }) => intent)).toEqual(['resolve_doubt', 'check_again']);
    expect(await say('resolve_doubt', { reason: ' ' })).toMatchObject({ ok: false, code: 'E_REASON' });
    expect(await say('skip')).toMatchObject({ ok: false });
    expect(world.ran).toEqual(['swap#1']);
  });

  test('and judged as done is verified like one that ended well', async () => {
    const { say, types, context, session } = await inDoubt({ verify: [checkOf()] });

    await say('resolve_doubt', { as: 'done' });
    expect(types()).toContain('check.judged');
    expect(context().history).toMatchObject([{ sure: true }]);
    expect(session.view().outcome).toBe('rolled_back');
  });

  test('and judged as not done has failed, and is not tried again by itself', async () => {
    const { say, at, clock, world } = await inDoubt({ idempotent: true, retry: { times: 3, everyMs: 1000 } });

    await say('resolve_doubt', { as: 'not_done' });
    await clock.advance(60_000);
    expect(at()).toMatchObject({ status: 'failed', problem: { code: 'not_done' } });
    expect(world.ran).toEqual(['swap#1']);
  });

  test('after a timeout leads where `on.timeout` says, once the probe was read and a person has judged', async () => {
    const world = openWorld();
    world.endings['swap'] = ['timed_out'];
    const { at, say, status } = await openTestSession({
      runbook: bookOfSteps(
        swap({ on: { timeout: goTo('forward'), fail: goTo('over') } }),
        endStep('over'),
        runStep('forward'),
      ),
      world,
    });

    await say('run');
    expect(at()).toMatchObject({ status: 'in_doubt', probe: { result: 'unknown' } });
    await say('resolve_doubt', { as: 'not_done' });
    expect(at().place.step).toBe('forward');
    expect(status('swap')).toBe('failed');
  });

  test('and sent to run again is shown again first, as a new attempt', async () => {
    const { say, at, world } = await inDoubt();

    await say('resolve_doubt', { as: 'run_again' });
    expect(at()).toMatchObject({ status: 'ready', attempt: 'swap#2' });
    expect(world.ran).toEqual(['swap#1']);
  });

  test('can be read again as often as a person asks', async () => {
    const { say, facts, world, at } = await inDoubt({ probeAfterCrash: probeOf('schema', 'schema') });

    world.readings['schema'] = taken(41);
    await say('check_again');
    expect(facts('probe.read')).toHaveLength(2);
    expect(at()).toMatchObject({ status: 'in_doubt', probe: { value: '41' } });
  });
});

describe('retries', () => {
  test('of what may be repeated run by themselves, as often as the author said, then a person is asked', async () => {
    const { at, clock, world } = await sessionWith(
      readStep('swap', { retry: { times: 2, everyMs: 5000 } }),
      [1],
    );

    expect(world.ran).toEqual(['swap#1']);
    await clock.advance(4999);
    expect(world.ran).toHaveLength(1);
    await clock.advance(1);
    await clock.advance(5000);
    await clock.advance(60_000);
    expect(world.ran).toEqual(['swap#1', 'swap#2', 'swap#3']);
    expect(at().offers.map(({ intent }) => intent)).toEqual(['check_again', 'skip']);
  });

  test('of what may not be repeated never run by themselves', async () => {
    const { clock, say, world } = await sessionWith(swap({ retry: { times: 2, everyMs: 1000 } }), [1]);

    await say('run');
    await clock.advance(60_000);
    expect(world.ran).toEqual(['swap#1']);
  });

  test('are counted anew when the session comes back to the step', async () => {
    const world = openWorld();
    world.endings['probe'] = [1, 1, 0, 1, 1, 0];
    const { clock } = await openTestSession({
      runbook: bookOfSteps(
        readStep('probe', { retry: { times: 2, everyMs: 1000 } }),
        readStep('again', { on: { fail: goTo('probe') } }),
        endStep('over'),
      ),
      world: Object.assign(world, { endings: { ...world.endings, again: [1, 0] } }),
    });

    await clock.advance(10_000);
    expect(world.ran.filter((attempt) => attempt.startsWith('probe'))).toHaveLength(6);
  });

  test('do not run after a person stopped the command', async () => {
    const { say, clock, world, at } = await sessionWith(
      readStep('swap', { retry: { times: 3, everyMs: 1000 } }),
      ['stays'],
    );

    await say('stop_command');
    await clock.advance(60_000);
    expect(world.ran).toEqual(['swap#1']);
    expect(at().status).toBe('failed');
  });
});

describe('production', () => {
  test('asks for the name of the target once, before the first change, and at a point of no return', async () => {
    const { at, say } = await openTestSession({
      runbook: bookOfSteps(
        runStep('one'),
        runStep('two'),
        runStep('three', { ponr: { lost: 'orders', confirm: 'name' } }),
        endStep('over'),
      ),
      started: { production: true, environment: 'production' },
    });

    expect(at().shown).toMatchObject({ confirm: 'name', name: 'shop@production' });
    expect(await say('run', { typed: 'shop' })).toMatchObject({ ok: false, code: 'E_NAME' });
    await say('run');
    expect(at()).toMatchObject({ place: { step: 'two' }, shown: { confirm: 'yes' } });
    await say('run');
    expect(at()).toMatchObject({ place: { step: 'three' }, shown: { confirm: 'name' } });
  });
});
