import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/runbook/model/values.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import type { Step } from '../../src/runbook/model/step.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import { openWorld } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';
import {
  bookOfSteps,
  checkOf,
  checkStep,
  commandOf,
  decideStep,
  eachStep,
  endAt,
  endStep,
  expressionOf,
  goTo,
  notifyStep,
  parallelStep,
  placeFor,
  probeOf,
  readStep,
  runStep,
  runbookOf,
  textOf,
  waitStep,
} from '../machine/runbook-builder.ts';
import type { Common } from '../machine/runbook-builder.ts';

const over = endStep('over');

const scoped = (items: Json, ...steps: readonly Step[]): Runbook => ({
  ...bookOfSteps(...steps),
  scope: { items },
});

/** `each` with words of its own. */
const eachOf = (
  id: string,
  steps: readonly Step[],
  more: Partial<Extract<Step, { kind: 'each' }>> = {},
): Step => {
  const step = eachStep(id, steps);
  return step.kind === 'each' ? { ...step, ...more } : step;
};

/** A read-only command that prints the item it is at. */
const visit = (id = 'visit', more: Common = {}, source = 'item'): Step => {
  const step = readStep(id, more);
  return step.kind === 'run' ? { ...step, command: commandOf('visit', placeFor(source)) } : step;
};

describe('each', () => {
  test('goes through its items one after the other, in the order asked for', async () => {
    const names = ['db2', 'db1', 'db3'].map((name) => ({ name, leader: name === 'db2' }));
    const { world, session } = await openTestSession({
      runbook: scoped(
        names,
        eachOf('nodes', [visit('visit', {}, 'item.name')], { order: 'leader_last' }),
        over,
      ),
    });

    expect(world.ran).toEqual(['visit@0#1', 'visit@1#1', 'visit@2#1']);
    expect([...world.argv.values()].map(([, name]) => name)).toEqual(['db1', 'db3', 'db2']);
    expect(session.view().phases[0]?.steps[0]).toMatchObject({
      items: { done: 3, total: 3 },
      status: 'done',
    });
  });

  test('over an empty list is done at once', async () => {
    const { session, world, status } = await openTestSession({
      runbook: scoped([], eachStep('nodes', [visit()]), over),
    });

    expect(session.view().outcome).toBe('rolled_back');
    expect(status('nodes')).toBe('done');
    expect(world.ran).toEqual([]);
  });

  test('waits its gap between items, and goes on with what is left of it after a break', async () => {
    const first = await openTestSession({
      runbook: scoped(['a', 'b'], eachOf('nodes', [visit()], { gapMs: 5000 }), over),
    });
    await first.clock.advance(4000);
    expect(first.world.ran).toEqual(['visit@0#1']);

    const second = await first.dies('resumed');
    await second.clock.advance(999);
    expect(second.world.ran).toEqual(['visit@0#1']);
    await second.clock.advance(1);
    expect(second.world.ran).toEqual(['visit@0#1', 'visit@1#1']);
  });

  test('inside each has items of both', async () => {
    const inner = eachOf('inner', [visit('visit', {}, 'outer_item + "/" + inner_item')], {
      in: placeFor('scope.inner'),
      as: 'inner_item',
    });
    const runbook = {
      ...scoped(['a', 'b'], eachOf('outer', [inner], { as: 'outer_item' }), over),
      scope: { items: ['a', 'b'], inner: ['1', '2'] },
    };
    const { world } = await openTestSession({ runbook });

    expect(world.ran).toEqual(['visit@0/0#1', 'visit@0/1#1', 'visit@1/0#1', 'visit@1/1#1']);
    expect([...world.argv.values()].map(([, name]) => name)).toEqual(['a/1', 'a/2', 'b/1', 'b/2']);
  });

  test('over what is not a list asks, and can be passed over by an override only where it is required', async () => {
    const { at, say, session } = await openTestSession({
      runbook: scoped('no list', eachStep('nodes', [visit()], { required: true }), over),
    });

    expect(at()).toMatchObject({ status: 'unknown', problem: { code: 'unset' } });
    expect(at().offers).toEqual([{ intent: 'check_again' }, { intent: 'skip', override: true }]);
    expect(await say('skip', { override: false })).toMatchObject({ code: 'E_REQUIRED' });
    await say('skip', { override: true });
    expect(session.view().outcome).toBe('rolled_back');
  });

  test('can be left for good from inside, and entered again from its first item', async () => {
    const world = openWorld();
    world.endings['visit'] = [0, 1, 0];
    const { say, at } = await openTestSession({
      runbook: scoped(
        ['a', 'b'],
        eachStep('nodes', [visit('visit', { on: { fail: goTo('look') } })]),
        over,
        readStep('look', { required: true }),
        decideStep('what', { again: goTo('nodes') }),
      ),
      world,
    });

    expect(at().place.step).toBe('what');
    await say('choose');
    expect(world.ran).toEqual(['visit@0#1', 'visit@1#1', 'look#1', 'visit@0#2', 'visit@1#2']);
  });
});

describe('parallel', () => {
  test('works on all its steps at once, and goes on when the last has settled', async () => {
    const world = openWorld();
    world.endings['left'] = ['stays'];
    const { session } = await openTestSession({
      runbook: bookOfSteps(parallelStep('both', [readStep('left'), readStep('right')]), over),
      world,
    });

    expect(world.ran).toEqual(['left#1', 'right#1']);
    expect(session.view().current.map(({ place }) => place.step)).toEqual(['left']);
    world.end('left#1', 0);
    await session.idle();
    expect(session.view().outcome).toBe('rolled_back');
  });

  test('ends one step by its own fact only', async () => {
    const world = openWorld();
    Object.assign(world.endings, { left: ['stays'], right: ['stays'] });
    const { session, status, clock } = await openTestSession({
      runbook: bookOfSteps(parallelStep('both', [readStep('left'), readStep('right')]), over),
      world,
    });

    world.end('right#1', 0);
    await clock.advance(0);
    expect([status('left'), status('right')]).toEqual(['performing', 'done']);
    expect(session.view().current).toHaveLength(1);
  });

  test.each([
    ['a route', { on: { fail: goTo('elsewhere') } }, 'elsewhere'],
    ['an end', { on: { fail: endAt('mitigated') } }, null],
  ] as const)('is left by %s only when every sibling has settled', async (_what, more, target) => {
    const world = openWorld();
    Object.assign(world.endings, { left: [1], right: ['stays'] });
    const { session, clock } = await openTestSession({
      runbook: bookOfSteps(
        parallelStep('both', [readStep('left', more), readStep('right')]),
        over,
        runStep('elsewhere'),
      ),
      world,
    });

    expect(session.view().current.map(({ place }) => place.step)).toEqual(['right']);
    world.end('right#1', 0);
    await clock.advance(0);
    expect(session.view().current.map(({ place }) => place.step)).toEqual(target === null ? [] : [target]);
    expect(session.view().outcome).toBe(target === null ? 'mitigated' : null);
  });

  test('left both for work and for an end does the work', async () => {
    const world = openWorld();
    Object.assign(world.endings, { left: [1], right: [1] });
    const { at } = await openTestSession({
      runbook: bookOfSteps(
        parallelStep('both', [
          readStep('left', { on: { fail: goTo('elsewhere') } }),
          readStep('right', { on: { fail: endAt('mitigated') } }),
        ]),
        over,
        runStep('elsewhere'),
      ),
      world,
    });

    expect(at().place.step).toBe('elsewhere');
  });

  test('inside parallel is left with it', async () => {
    const world = openWorld();
    Object.assign(world.endings, { deep: [1], beside: ['stays'], far: ['stays'] });
    const { session, clock } = await openTestSession({
      runbook: bookOfSteps(
        parallelStep('outer', [
          parallelStep('inner', [readStep('deep', { on: { fail: goTo('elsewhere') } }), readStep('beside')]),
          readStep('far'),
        ]),
        over,
        runStep('elsewhere'),
      ),
      world,
    });
    const hand = () => session.view().current.map(({ place }) => place.step);

    expect(hand()).toEqual(['far', 'beside']);
    world.end('beside#1', 0);
    await clock.advance(0);
    expect(hand()).toEqual(['far']);
    world.end('far#1', 0);
    await clock.advance(0);
    expect(hand()).toEqual(['elsewhere']);
  });

  test('may hold an each, an end inside which ends the session when the rest has settled', async () => {
    const world = openWorld();
    world.endings['other'] = ['stays'];
    const { session, clock } = await openTestSession({
      runbook: {
        ...bookOfSteps(
          parallelStep('both', [
            eachStep('nodes', [visit(), endStep('stop', 'mitigated')]),
            readStep('other'),
          ]),
          over,
        ),
        scope: { items: ['a', 'b'] },
      },
      world,
    });

    expect(world.ran).toEqual(['other#1', 'visit@0#1']);
    world.end('other#1', 0);
    await clock.advance(0);
    expect(session.view()).toMatchObject({ outcome: 'mitigated', status: 'closed' });
  });
});

describe('going back', () => {
  test('begins a new round: attempts go on counting, and what was done before stays on record', async () => {
    const { say, at, world, context } = await openTestSession({
      runbook: bookOfSteps(
        runStep('swap', { undo: { command: commandOf('swap', 'back'), verify: null } }),
        decideStep('good', { yes: 'next', no: goTo('swap') }),
        over,
      ),
    });

    await say('run');
    await say('choose', { option: 'no' });
    expect(at()).toMatchObject({ attempt: 'swap#2', status: 'ready' });
    await say('run');
    await say('choose', { option: 'yes' });
    expect(world.ran).toEqual(['swap#1', 'swap#2']);
    expect(context().history.map(({ attempt }) => attempt)).toEqual(['swap#1', 'swap#2']);
  });

  test('to a phase enters its first step; the end of a phase enters the next one on the path', async () => {
    const { say, at } = await openTestSession({
      runbook: runbookOf({
        phases: [
          { id: 'first', steps: [decideStep('way', { aside: goTo('aside'), on: 'next' })] },
          {
            id: 'aside',
            offPath: true,
            steps: [runStep('detour'), decideStep('back', { back: goTo('first') })],
          },
          { id: 'nothing', steps: [] },
          { id: 'last', steps: [runStep('final'), over] },
        ],
      }),
    });

    await say('choose', { option: 'aside' });
    expect(at().place.step).toBe('detour');
    await say('run');
    await say('choose', { option: 'back' });
    await say('choose', { option: 'on' });
    expect(at().place.step).toBe('final');
  });

  test('by a person takes one of the ways that the author gave, and no other', async () => {
    const { say, at, facts } = await openTestSession({
      runbook: bookOfSteps(runStep('swap', { on: { timeout: goTo('forward') } }), over, runStep('forward')),
      world: Object.assign(openWorld(), { endings: { swap: [1] } }),
    });

    await say('run');
    expect(at().offers).toContainEqual({ intent: 'route', to: 'forward', title: 'forward' });
    expect(await say('route', { to: 'over' })).toMatchObject({ code: 'E_NOT_OFFERED' });
    expect(await say('route', { to: 'forward', reason: 'it hangs' })).toEqual({ ok: true });
    expect(facts('operator.routed')).toMatchObject([{ to: 'forward', reason: 'it hangs' }]);
    expect(at().place.step).toBe('forward');
  });
});

describe('a condition', () => {
  test('that is false passes the step over, with the reason on record', async () => {
    const { facts, session } = await openTestSession({
      runbook: bookOfSteps(runStep('swap', { when: expressionOf('1 > 2') }), over),
    });

    expect(facts('step.passed_over')[0]?.reason).toContain('1 > 2');
    expect(session.view().phases[0]?.steps[0]?.status).toBe('skipped');
  });

  test.each([
    ['unknown', 'inputs.nobody_set == "x"'],
    ['not a yes or no', '1 + 1'],
  ])('that is %s is asked about and never taken for a no', async (_what, source) => {
    const { at } = await openTestSession({
      runbook: bookOfSteps(runStep('swap', { when: expressionOf(source) }), over),
    });

    expect(at().status).toBe('unknown');
    expect(at().offers.map(({ intent }) => intent)).toEqual(['retry', 'skip']);
  });

  test('and a value that is not set block a step until they are there', async () => {
    const step = runStep('swap');
    const env: Record<string, Json> = {};
    const { at, say } = await openTestSession({
      runbook: bookOfSteps(
        step.kind === 'run' ? { ...step, command: commandOf('swap', placeFor('env.host')) } : step,
        over,
      ),
      env,
    });

    expect(at()).toMatchObject({ status: 'unknown', problem: { code: 'unset' } });
    env['host'] = 'db1';
    await say('retry');
    expect(at()).toMatchObject({ status: 'ready', shown: { argv: ['swap', 'db1'] } });
  });

  test('reads what is live and what is meant of a component', async () => {
    const { session } = await openTestSession({
      runbook: {
        ...bookOfSteps(
          readStep('behind', { when: expressionOf('live.api != target.api') }),
          readStep('equal', { when: expressionOf('live.api == target.api') }),
          over,
        ),
        components: [
          { id: 'api', type: 'app', live: probeOf('live_api', 'live'), from: null, to: textOf('1.9.3') },
        ],
      },
      world: Object.assign(openWorld(), { readings: { live_api: '2.0.0' } }),
    });

    expect(session.view().phases[0]?.steps.map(({ status }) => status)).toEqual(['done', 'skipped', 'done']);
  });
});

describe('checks, waits and messages', () => {
  test('a check asks until it has passed as often in a row as it must', async () => {
    const world = openWorld();
    const seen = [1, 0, 1, 1, 1];
    world.readings['smoke'] = async () => seen.shift() ?? 0;
    const check = checkOf(probeOf('smoke', 'smoke'), [{ kind: 'equals', value: 1 }], {
      everyMs: 1000,
      withinMs: 60_000,
      stable: 3,
    });
    const { session, clock } = await openTestSession({
      runbook: bookOfSteps(checkStep('smoke', {}, check), over),
      world,
    });

    const told: string[] = [];
    session.onOutput((_attempt, bytes) => told.push(new TextDecoder().decode(bytes)));
    await clock.advance(3999);
    expect(session.view().status).toBe('running');
    await clock.advance(1);
    expect(session.view().outcome).toBe('rolled_back');
    // whoever watches sees what it waits for
    expect(told).toEqual([
      'read smoke: 0 is not 1\n',
      'read smoke: 1 equals 1, 1 of 3 in a row\n',
      'read smoke: 1 equals 1, 2 of 3 in a row\n',
    ]);
  });

  test.each([
    ['stays bad', 0, 'failed'],
    ['says nothing', { ok: false as const, code: 'no_data', detail: 'nothing' }, 'unknown'],
  ])('a check that %s ends with its time', async (_what, reading, status) => {
    const check = checkOf(probeOf('smoke', 'smoke'), [{ kind: 'equals', value: 1 }], { withinMs: 10_000 });
    const { at, clock, say } = await openTestSession({
      runbook: bookOfSteps(checkStep('smoke', {}, check), over),
      world: Object.assign(openWorld(), { readings: { smoke: reading } }),
    });

    await clock.advance(9000);
    expect(at().status).toBe('performing');
    await clock.advance(1000);
    expect(at().status).toBe(status);
    await say('check_again');
    expect(at()).toMatchObject({ status: 'performing', attempt: 'smoke#2' });
  });

  test('a check that is silent for its whole time leads where `on.timeout` says', async () => {
    const check = checkOf(probeOf('smoke', 'smoke'), [{ kind: 'equals', value: 1 }], { withinMs: 10_000 });
    const { session, clock } = await openTestSession({
      runbook: bookOfSteps(checkStep('smoke', { on: { timeout: endAt('mitigated') } }, check), over),
      world: Object.assign(openWorld(), { readings: { smoke: { ok: false, code: 'no_data', detail: '' } } }),
    });

    await clock.advance(10_000);
    expect(session.view().outcome).toBe('mitigated');
  });

  test('a wait goes on after a break from when it began', async () => {
    const first = await openTestSession({
      runbook: bookOfSteps(waitStep('settle', { kind: 'for', ms: 30_000 }), over),
    });
    await first.clock.advance(20_000);
    const second = await first.dies('resumed');
    await second.clock.advance(9999);
    expect(second.status('settle')).toBe('performing');
    await second.clock.advance(1);
    expect(second.session.view().outcome).toBe('rolled_back');
  });

  test('a wait of a span that was given with the session lasts so long, also after a break; no span at all is unknown', async () => {
    const loaded = loadRunbook(
      'book.yaml',
      memoryFiles({
        'book.yaml': `walkback: 1
id: book
title: Watch
service: shop
objective: 10m
inputs: { watch: { type: duration, value: 15m } }
phases:
  - id: main
    title: Main
    steps:
      - { id: settle, title: Watch it, wait: '\${{ inputs.watch }}' }
      - { id: over, end: rolled_back }
`,
      }),
    );
    if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
    const first = await openTestSession({ runbook: loaded.runbook, inputs: { watch: '15m' } });
    await first.clock.advance(600_000);
    const second = await first.dies('resumed');
    await second.clock.advance(299_999);
    expect(second.status('settle')).toBe('performing');
    await second.clock.advance(1);
    expect(second.session.view().outcome).toBe('rolled_back');

    const bad = await openTestSession({
      runbook: bookOfSteps(waitStep('settle', { kind: 'span', span: textOf('a while') }), over),
    });
    expect(bad.at()).toMatchObject({ status: 'unknown', problem: { code: 'check_bad_time' } });
  });

  test('a wait until a time ends then, and one until no time at all is unknown', async () => {
    const good = await openTestSession({
      runbook: bookOfSteps(waitStep('night', { kind: 'until', time: textOf('2026-03-01T10:01:00Z') }), over),
    });
    await good.clock.advance(59_999);
    expect(good.status('night')).toBe('performing');
    await good.clock.advance(1);
    expect(good.session.view().outcome).toBe('rolled_back');

    const bad = await openTestSession({
      runbook: bookOfSteps(waitStep('night', { kind: 'until', time: textOf('later') }), over),
    });
    expect(bad.at()).toMatchObject({ status: 'unknown', problem: { code: 'check_bad_time' } });
  });

  test('a wait for a condition ends when it holds', async () => {
    const world = openWorld();
    world.readings['lag'] = 9;
    const check = checkOf(probeOf('lag', 'lag'), [{ kind: 'compare', op: '<', value: 2 }], {
      withinMs: 60_000,
    });
    const { clock, session } = await openTestSession({
      runbook: bookOfSteps(waitStep('lag', { kind: 'condition', check }), over),
      world,
    });

    await clock.advance(5000);
    world.readings['lag'] = 1;
    await clock.advance(1000);
    expect(session.view().outcome).toBe('rolled_back');
  });

  test('a message that nobody takes has failed, and can be sent again', async () => {
    const { at, say, world, session } = await openTestSession({
      runbook: bookOfSteps(notifyStep('tell'), over),
      world: Object.assign(openWorld(), { delivers: false }),
    });

    expect(at()).toMatchObject({ status: 'failed', problem: { code: 'not_delivered' } });
    world.delivers = true;
    await say('check_again');
    expect(world.sent).toEqual([{ channel: 'chat', text: 'About tell.' }]);
    expect(session.view().outcome).toBe('rolled_back');
  });
});
