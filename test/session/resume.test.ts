import { describe, expect, test } from 'vitest';
import { loaded } from '../runbook/memory-files.ts';
import type { Outcome } from './fake-world.ts';
import { missed, openWorld } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';
import {
  bookOfSteps,
  checkOf,
  checkStep,
  commandOf,
  endStep,
  opensOf,
  parallelStep,
  probeOf,
  readStep,
  runStep,
} from '../machine/runbook-builder.ts';
import type { Common } from '../machine/runbook-builder.ts';

const over = endStep('over');

async function dyingWhile(more: Common, outcome: Outcome = 'stays') {
  const world = openWorld();
  world.endings['swap'] = [outcome, 0];
  const session = await openTestSession({ runbook: bookOfSteps(runStep('swap', more), over), world });
  await session.say('run');
  return session;
}

describe('a session that died', () => {
  test('shows where it was, and runs nothing by itself, however long one looks', async () => {
    const first = await dyingWhile({});
    const second = await first.dies('opened');
    await second.clock.advance(600_000);

    expect(second.at()).toMatchObject({ attempt: 'swap#1', status: 'performing' });
    expect(second.world.ran).toEqual(['swap#1']);
    expect(second.log.appends).toEqual([]);
  });

  test('while its command goes on is attached to it, and takes its end', async () => {
    const first = await dyingWhile({});
    first.world.prints['swap'] = 'all of it\n';
    const second = await first.dies('resumed');

    expect(second.facts('attempt.found')).toMatchObject([{ verdict: 'running' }]);
    second.world.end('swap#1', 0);
    await second.clock.advance(0);
    expect(second.session.view().outcome).toBe('rolled_back');
    expect(second.world.ran).toEqual(['swap#1']);
    expect(second.log.outputs.get('swap#1')).toBe('all of it\n');
  });

  test('while its command goes on takes its end also where what it was shown with cannot be read any more', async () => {
    const world = openWorld();
    world.endings['swap'] = ['stays'];
    world.readings['census'] = 'v2';
    const first = await openTestSession({
      runbook: loaded(
        `- { id: swap, run: [swap, "\${{ probes.census }}"], undo: { run: [swap, back] } }
- { id: over, end: rolled_back }`,
        'probes: { census: { run: [census] } }',
      ),
      world,
    });
    await first.say('run');
    expect(world.argv.get('swap#1')).toEqual(['swap', 'v2']);
    world.readings['census'] = missed('connection');
    const second = await first.dies('resumed');
    expect(second.facts('command.ended')).toEqual([]);

    world.end('swap#1', 0);
    await second.clock.advance(0);
    expect(second.facts('command.ended')).toMatchObject([{ ending: 'exited', exitCode: 0 }]);
  });

  test('while its command ended finds how, and verifies what it would have verified', async () => {
    const first = await dyingWhile({ verify: [checkOf()] });
    first.session.halt();
    first.world.end('swap#1', 0);
    const second = await first.dies('resumed');

    expect(second.types()).toEqual([
      'session.started',
      'step.readied',
      'operator.ran',
      'step.intent',
      'session.resumed',
      'attempt.found',
      'command.ended',
      'check.judged',
      'session.ended',
      'session.closed',
    ]);
  });

  test('while the guard of a step was read has it shown again: nothing is changed on a word from before the break', async () => {
    const world = openWorld();
    world.readings['guard'] = () => new Promise(() => undefined);
    const first = await openTestSession({
      runbook: bookOfSteps(runStep('swap', { before: [checkOf(probeOf('guard', 'guard'))] }), over),
      world,
    });
    await first.say('run');
    expect(first.at().status).toBe('guarding');
    world.readings['guard'] = 'ok';
    const second = await first.dies('resumed');
    await second.clock.advance(600_000);

    expect(world.ran).toEqual([]);
    expect(second.at()).toMatchObject({ attempt: 'swap#2', status: 'ready' });
    await second.say('run');
    expect(world.ran).toEqual(['swap#2']);
  });

  test('before its command began says so, and shows it as a new attempt', async () => {
    const first = await dyingWhile({
      opens: opensOf('ci'),
      undo: { command: commandOf('undo'), verify: null },
    });
    first.world.finds['swap#1'] = { verdict: 'not_started' };
    const second = await first.dies('resumed');

    expect(second.at()).toMatchObject({ attempt: 'swap#2', status: 'ready' });
    expect(second.context()).toMatchObject({ history: [], obligations: {} });
    expect(second.world.ran).toEqual(['swap#1']);
  });

  test.each(['no_outcome', 'reboot', 'client_died'] as const)(
    'and cannot tell (%s) is in doubt, with the probe read, and waits for a person',
    async (doubt) => {
      const first = await dyingWhile({
        probeAfterCrash: probeOf('schema', 'schema'),
        idempotent: true,
        retry: { times: 9, everyMs: 1 },
      });
      first.world.finds['swap#1'] = { verdict: 'in_doubt', doubt, detail: 'nothing is known' };
      const second = await first.dies('resumed');
      await second.clock.advance(600_000);

      expect(second.at()).toMatchObject({
        status: 'in_doubt',
        problem: { code: doubt },
        probe: { value: '"ok"' },
      });
      expect(second.world.ran).toEqual(['swap#1']);
      await second.say('resolve_doubt', { as: 'run_again', reason: 'the schema is untouched' });
      await second.say('run');
      expect(second.world.ran).toEqual(['swap#1', 'swap#2']);
    },
  );

  test('and cannot tell says what the command printed last, secrets masked', async () => {
    const first = await dyingWhile({});
    first.world.finds['swap#1'] = { verdict: 'in_doubt', doubt: 'no_outcome', detail: 'Nobody saw it end.' };
    first.world.prints['swap'] = `${'batch done\n'.repeat(2000)}moving rows 40 to 50\npassword hunter22\n`;
    const second = await openTestSession({
      runbook: bookOfSteps(runStep('swap'), over),
      world: first.world,
      rows: first.log.facts(),
      secrets: ['hunter22'],
      how: 'resumed',
    });

    expect(second.at().problem?.detail).toBe(
      'Nobody saw it end. The last that it printed: batch done / moving rows 40 to 50 / password •••',
    );
  });

  test('in doubt is in doubt still after it died again', async () => {
    const first = await dyingWhile({}, 'signalled');
    const second = await first.dies('resumed');
    const third = await second.dies('resumed');

    expect(third.at().status).toBe('in_doubt');
    expect(third.facts('probe.read')).toHaveLength(1);
    expect(third.world.ran).toEqual(['swap#1']);
  });

  test('while a command that only reads was in doubt simply runs it again', async () => {
    const world = openWorld();
    world.endings['look'] = ['stays', 0];
    const first = await openTestSession({ runbook: bookOfSteps(readStep('look'), over), world });
    world.finds['look#1'] = { verdict: 'in_doubt', doubt: 'reboot', detail: 'another boot' };
    const second = await first.dies('resumed');

    expect(world.ran).toEqual(['look#1', 'look#2']);
    expect(second.facts('doubt.resolved')).toMatchObject([{ by: 'walkback', as: 'run_again' }]);
    expect(second.session.view().outcome).toBe('rolled_back');
  });

  test('with two commands under way finds each for itself', async () => {
    const world = openWorld();
    Object.assign(world.endings, { left: ['stays'], right: ['stays'] });
    const first = await openTestSession({
      runbook: bookOfSteps(parallelStep('both', [runStep('left'), runStep('right')]), over),
      world,
    });
    await first.say('run', {}, 'left');
    await first.say('run', {}, 'right');
    first.session.halt();
    world.end('left#1', 3);
    const second = await first.dies('resumed');

    expect([second.at('left').status, second.at('right').status]).toEqual(['failed', 'performing']);
    expect(world.ran).toEqual(['left#1', 'right#1']);
  });

  test('while it gave a debt back finds that too', async () => {
    const world = openWorld();
    world.endings['@back'] = ['stays'];
    const first = await openTestSession({
      runbook: bookOfSteps(runStep('bend', { opens: opensOf('ci', { proof: checkOf() }) }), over),
      world,
    });
    await first.say('run');
    await first.say('release', { key: 'ci' });
    await first.say('run');
    first.session.halt();
    world.end('@back@0#1', 0);
    const second = await first.dies('resumed');

    expect(second.session.view()).toMatchObject({ status: 'closed', obligations: [{ state: 'proved' }] });
  });

  test.each(['ended', 'goes on'])(
    'while it gave back a debt that somebody waived meanwhile never says that this did not start: it %s',
    async (how) => {
      const world = openWorld();
      world.endings['@back'] = ['stays'];
      const first = await openTestSession({
        runbook: bookOfSteps(runStep('bend', { opens: opensOf('ci', { proof: checkOf() }) }), over),
        world,
      });
      await first.say('run');
      await first.say('release', { key: 'ci' });
      await first.say('run');
      expect(await first.say('waive', { key: 'ci' })).toEqual({ ok: true });
      first.session.halt();
      if (how === 'ended') world.end('@back@0#1', 0);
      const second = await first.dies('resumed');
      world.end('@back@0#1', 0);
      await second.clock.advance(0);

      expect(second.facts('command.ended')).toMatchObject([{}, { ending: 'exited', exitCode: 0 }]);
      expect(second.session.view()).toMatchObject({ status: 'closed', obligations: [{ state: 'proved' }] });
    },
  );

  test('while it measured measures again', async () => {
    const check = checkOf(probeOf('smoke', 'smoke'), [{ kind: 'equals', value: 1 }], { withinMs: 60_000 });
    const first = await openTestSession({
      runbook: bookOfSteps(checkStep('smoke', {}, check), over),
      world: Object.assign(openWorld(), { readings: { smoke: 0 } }),
    });
    await first.clock.advance(3000);
    const second = await first.dies('resumed');
    second.world.readings['smoke'] = 1;
    await second.clock.advance(1000);

    expect(second.session.view().outcome).toBe('rolled_back');
  });

  test('with a retry due goes on with what is left of its pause', async () => {
    const world = openWorld();
    world.endings['look'] = [1, 0];
    const first = await openTestSession({
      runbook: bookOfSteps(readStep('look', { retry: { times: 1, everyMs: 10_000 } }), over),
      world,
    });
    await first.clock.advance(8000);
    const second = await first.dies('resumed');
    await second.clock.advance(1999);
    expect(world.ran).toEqual(['look#1']);
    await second.clock.advance(1);
    expect(world.ran).toEqual(['look#1', 'look#2']);
  });

  test('with a retry due of a step that changes something shows it, and waits to be told again', async () => {
    const world = openWorld();
    world.endings['swap'] = [1, 0];
    const first = await openTestSession({
      runbook: bookOfSteps(runStep('swap', { idempotent: true, retry: { times: 1, everyMs: 10_000 } }), over),
      world,
    });
    await first.say('run');
    await first.clock.advance(8000);
    const second = await first.dies('resumed');
    await second.clock.advance(3_600_000);

    expect(world.ran).toEqual(['swap#1']);
    expect(second.at()).toMatchObject({ attempt: 'swap#2', status: 'ready' });
    await second.say('run');
    expect(world.ran).toEqual(['swap#1', 'swap#2']);
  });

  test('records nothing any more, even when a command of its ends', async () => {
    const { session, world, log, clock } = await dyingWhile({});
    session.halt();
    const before = log.facts().length;
    world.end('swap#1', 0);
    await clock.advance(60_000);

    expect(log.facts()).toHaveLength(before);
  });
});
