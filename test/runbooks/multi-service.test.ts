import { describe, expect, test } from 'vitest';
import type { Sample } from '../../src/judge/trigger.ts';
import type { Measured } from '../../src/session/ports.ts';
import { missed, openWorld, taken, type World } from '../session/fake-world.ts';
import type { TestSession } from '../session/open-test-session.ts';
import { commandsOf, exits, loadShipped, owedBy, walk } from './walked-ends.ts';

/*
 * The runbook for three services, walked to each of its ends by an operator who does what is recommended, over a world
 * that answers as the three services would.
 */

const book = loadShipped('multi_service', 'staging');

interface Services {
  readonly world: World;
  readonly versions: Record<'orders' | 'payments' | 'search', string>;
  readonly frozen: Set<string>;
}

/** What a probe of the runbook is answered, by the state that the commands of the session left. */
function services(worse = ''): Services {
  const world = openWorld();
  const versions = { orders: '2.0.0', payments: '5.0.0', search: '3.0.0' };
  const frozen = new Set<string>();
  Object.assign(world.prints, {
    lock_take: 'shop-rollback is held by x with token 7 until later',
    pivot_plan: `plan sha256:${'a'.repeat(64)}\n`,
  });
  const state = { lock: false, paused: 'none', schema: '003_splits', held: false, twice: 0 };
  const runner = { ...world.runner };
  world.runner.run = async (attempt, command, onOutput) => {
    const ending = await runner.run(attempt, command, onOutput);
    const [program, verb = '', ...rest] = command.argv;
    if (ending.exitCode !== 0) return ending;
    if (program === 'shipctl' && verb === 'deploy') versions[rest[0] as 'orders'] = rest[1] ?? '';
    if (program === 'shipctl' && verb === 'hold') state.held = true;
    if (program === 'shipctl' && verb === 'drain') state.held = false;
    if (program === 'shipctl' && verb === 'pause') state.paused = 'all';
    if (program === 'shipctl' && verb === 'resume') state.paused = 'none';
    if (verb === 'lease') state.lock = rest[0] === 'acquire';
    if (verb === 'freeze' && rest[0] === 'pg') frozen.add(command.env['DATABASE_URL'] ?? '');
    if (verb === 'freeze' && rest[0] === 'thaw') frozen.delete(command.env['DATABASE_URL'] ?? '');
    if (verb === 'schema' && rest[0] === 'down') state.schema = '002_refunds';
    return ending;
  };
  const measure = world.measurer.measure;
  world.measurer.measure = async (probe, fill, signal) => {
    if (probe.source.kind !== 'run' || probe.source.command.program.kind !== 'argv')
      return measure(probe, fill, signal);
    const argv = probe.source.command.program.argv.map((part) => String(fill(part)));
    const scripted = world.readings[argv.join(' ')] ?? world.readings[argv.slice(0, 3).join(' ')];
    if (scripted !== undefined)
      return typeof scripted === 'function' ? taken(await scripted()) : (scripted as Measured);
    const database = probe.source.command.env['DATABASE_URL'];
    const text = argv.join(' ');
    if (text === 'shipctl whoami') return exits(0, 'staging');
    if (text.startsWith('shipctl version')) return exits(0, versions[argv[2] as 'orders']);
    if (text === 'shipctl queued events') return exits(0, state.held ? '7' : '0');
    if (text === 'shipctl taken-twice events') return exits(0, String(state.twice));
    if (text === 'shipctl paused') return exits(0, state.paused);
    if (text.startsWith('shipctl try')) return exits(3);
    if (text.startsWith('walkback lease state')) return exits(state.lock ? 0 : 3);
    if (text.startsWith('walkback freeze state'))
      return exits(0, frozen.has(database === undefined ? '' : String(fill(database))) ? 'frozen' : 'open');
    if (text.startsWith('walkback schema state')) return exits(0, state.schema);
    return exits(0, 'ok');
  };
  Object.assign(world.readings, { unpaid: 0, services_failing: 3 });
  // yesterday and now one request of a thousand fails, a little more or less
  world.measurer.series = async (probe, _fill, { fromMs, toMs, stepMs }) =>
    Array.from({ length: Math.floor((toMs - fromMs) / stepMs) + 1 }, (_, at): Sample => {
      const failing = probe.id === worse && toMs - fromMs < 3_600_000 ? 0.2 : 0.001;
      return [fromMs + at * stepMs, probe.id?.endsWith('_errors') === true ? failing + (at % 5) / 1e5 : 0];
    });
  return { world, versions, frozen };
}

const open = ({ world }: Services, monitored = false): Promise<TestSession> =>
  book.open(world, {
    monitored,
    inputs: {
      orders_to: '1.9.3', payments_to: '4.1.0', search_to: '2.7.1', orders_from: '2.0.0', search_from: '3.0.0',
      orders_app: 'postgres://o', payments_app: 'postgres://p', search_app: 'postgres://s',
    }, // prettier-ignore
  });

const deploys = (session: TestSession): readonly string[] =>
  commandsOf(session).filter((text) => text.startsWith('shipctl deploy'));

const all = { who: 'all' };
/** The partners answer later. */
const heard = ['carried: The partners have to say that they have heard of it'];

describe('three services', () => {
  test('go back together: search, orders, the pivot, payments; payments thaw first, and nothing is owed', async () => {
    const made = services();
    const session = await open(made);

    await walk(session, all);

    expect(session.session.view()).toMatchObject({ status: 'closed', outcome: 'rolled_back' });
    expect(made.versions).toEqual({ orders: '1.9.3', payments: '4.1.0', search: '2.7.1' });
    expect(owedBy(session)).toEqual(heard);
    const order = commandsOf(session);
    expect(deploys(session)).toEqual([
      'shipctl deploy search 2.7.1',
      'shipctl deploy orders 1.9.3',
      'shipctl deploy payments 4.1.0',
    ]);
    expect(order.indexOf('walkback schema down --adapter=sqldir')).toBeLessThan(
      order.indexOf('shipctl deploy payments 4.1.0'),
    );
    const thawed = [...made.world.argv.entries()]
      .filter(([, argv]) => argv[2] === 'thaw')
      .map(([attempt]) => made.world.env.get(attempt)?.['DATABASE_URL']);
    expect(thawed).toEqual(
      ['payments', 'orders', 'search'].map((name) => `postgres://${name}@db.staging/${name}`),
    );
    const fences = [...made.world.argv.entries()]
      .filter(([, argv]) => argv[1] === 'deploy')
      .map(([attempt]) => made.world.env.get(attempt)?.['WALKBACK_FENCE']);
    expect(fences).toEqual(['7', '7', '7']);
  });

  test('are not left as they are because nobody can tell whether anything is wrong', async () => {
    const made = services();
    Object.assign(made.world.readings, { unpaid: missed('no_data'), services_failing: 0 });
    const { series } = made.world.measurer;
    made.world.measurer.series = async (probe, ...asked) =>
      probe.id === 'unpaid' ? { code: 'no_data', detail: 'no samples' } : series(probe, ...asked);
    const session = await open(made, true);
    await session.clock.advance(200_000);
    await walk(session, { who: 'wait' }, 'who');
    await session.say('choose', { option: 'wait', fields: { what: 'the numbers', until: '1m' } }, 'who');
    await session.clock.advance(60_000);
    const { triggers } = session.session.view();
    expect(triggers.map(({ state }) => state)).toEqual(['UNKNOWN', 'OK']);
    expect(session.at('who').question?.recommended).toBe('wait');
  });

  test('leave search where it is, where that set works together', async () => {
    const made = services();
    const session = await open(made);

    await walk(session, { who: 'shrink' });

    expect(session.session.view().outcome).toBe('rolled_back');
    expect(deploys(session)).toEqual(['shipctl deploy orders 1.9.3', 'shipctl deploy payments 4.1.0']);
    expect(made.versions.search).toBe('3.0.0');
  });

  test.each([
    ['who says that none of them goes back', { who: 'nothing' }, 'not_needed'],
    ['who leaves all three after all', { who: 'shrink', go_shrunk: 'nothing' }, 'not_needed'],
  ] as const)('stay as they are for one %s', async (_who, options, outcome) => {
    const session = await open(services());
    await walk(session, options);
    expect([session.session.view().outcome, session.world.ran]).toEqual([outcome, []]);
  });

  test.each([
    ['the target set', 'shipctl compatible orders=1.9.3', all],
    ['the smaller set', 'shipctl compatible orders=1.9.3 payments=4.1.0 search=3.0.0', { who: 'shrink' }],
  ] as const)('do not start where %s does not work together', async (_what, probe, options) => {
    const made = services();
    made.world.readings[probe] = exits(1, 'never tried');
    const session = await open(made);
    await walk(session, options);
    expect([session.session.view().outcome, made.world.ran]).toEqual(['not_possible', []]);
  });
});

describe('a saga whose third participant fails', () => {
  async function failedAtPivot(more: Partial<World> = {}) {
    const made = services();
    made.world.endings['pivot_revert'] = [3];
    Object.assign(made.world.endings, more.endings);
    const session = await open(made);
    await walk(session, all, 'where_is_it');
    expect(session.at().question?.options.map(({ id, offered }) => [id, offered])).toEqual([
      ['again', 'pass'],
      ['forward', 'fail'],
    ]);
    await session.say('abort', { reason: 'the payments cannot go back' });
    return { made, session };
  }

  const forth = ['shipctl deploy search 2.7.1', 'shipctl deploy orders 1.9.3'];
  const back = ['shipctl deploy orders 2.0.0', 'shipctl deploy search 3.0.0'];

  test('runs the two ways back in reverse order, once each, and gives back what was bent', async () => {
    const { made, session } = await failedAtPivot();

    await walk(session);

    expect(session.session.view()).toMatchObject({ status: 'closed', outcome: 'aborted' });
    expect(deploys(session)).toEqual([...forth, ...back]);
    expect(made.versions).toEqual({ orders: '2.0.0', payments: '5.0.0', search: '3.0.0' });
    expect([...made.frozen]).toEqual([]);
    expect(owedBy(session)).toEqual([]);
  });

  test('leaves a way back that cannot be run to a person, as something that is owed', async () => {
    const { made, session } = await failedAtPivot({ endings: { '@back': [0, 1, 0] } });
    await expect(walk(session)).rejects.toThrow('@back failed');
    expect(session.at()).toMatchObject({ way: 'undo' });
    await session.say('skip', { reason: 'the registry is down' });
    await walk(session);

    const owed = () => session.session.view().obligations.filter(({ state }) => state !== 'proved');
    expect(owed()).toMatchObject([{ title: 'By hand: Undo: Search goes back', state: 'open' }]);
    expect(made.versions).toMatchObject({ orders: '2.0.0', search: '2.7.1' });
    expect([...made.frozen]).toEqual([]);
    await session.say('carry', {
      key: owed()[0]?.key ?? '',
      owner: 'grace',
      reason: 'once the registry is back',
    });
    expect(owed()).toMatchObject([{ state: 'carried', owner: 'grace' }, { key: 'post-mortem' }]);
  });

  test('tries a way back that fails again; it may be run twice, and the other one still runs once', async () => {
    const { made, session } = await failedAtPivot({ endings: { '@back': [1, 0] } });

    await expect(walk(session)).rejects.toThrow('@back failed');
    expect(session.at()).toMatchObject({ way: 'undo' });
    await session.say('retry');
    await walk(session);

    expect(session.session.view().outcome).toBe('aborted');
    expect(made.versions).toMatchObject({ orders: '2.0.0', search: '3.0.0' });
    expect(deploys(session).filter((text) => text === back[1])).toHaveLength(1);
  });
});

describe('past the pivot', () => {
  test('an abort leads to the one question that is left, and the payments go forward', async () => {
    const made = services();
    made.world.endings['payments_back'] = [1, 1, 1, 0];
    const session = await open(made);

    await walk(session, all, 'forward_only');
    await session.say('abort', { reason: 'enough' });
    expect(session.at().place.step).toBe('forward_only');
    await walk(session, { ...all, forward_only: 'again' });

    expect(session.session.view().outcome).toBe('rolled_back');
    expect(deploys(session)).not.toContain('shipctl deploy orders 2.0.0');
  });

  test('payments that point at nothing are repaired by their owner before anything thaws', async () => {
    const made = services();
    const answers = [exits(3, 'orphans'), exits(0, 'whole')];
    const text =
      'walkback data integrity --postgres --soft payments(order_id) -> other:orders(id) --other postgres:ORDERS_URL --baseline table';
    Object.defineProperty(made.world.readings, text, { get: () => answers.shift() });
    const session = await open(made);

    await walk(session, all, 'repair');
    expect(made.frozen.size).toBe(3);
    await walk(session, all);
    expect(session.session.view().outcome).toBe('rolled_back');
  });

  test('a service that is worse than yesterday is mended before anything is given back', async () => {
    const made = services('search_errors');
    const session = await open(made);

    await walk(session, all, 'mend');

    expect(session.facts('comparison.made').map(({ place, verdict }) => [place.step, verdict])).toEqual(
      expect.arrayContaining([
        ['orders_as_before', 'RECOVERED'],
        ['search_as_before', 'WORSE'],
      ]),
    );
    expect(commandsOf(session)).not.toContain('shipctl resume orders payments');
  });

  test('an event that was taken twice stops it with the events drained and the lock held', async () => {
    const made = services();
    made.world.readings['shipctl taken-twice events'] = exits(0, '2');
    const session = await open(made);

    await walk(session, all, 'mend');

    expect(owedBy(session).map((text) => text.split(' ')[1])).not.toContain('Events');
    expect(session.session.view().obligations.find(({ key }) => key.startsWith('lock'))?.state).toBe('open');
  });

  test('a contract that is broken is mended by people and tried again', async () => {
    const made = services();
    const answers = [exits(1, 'broken'), exits(0, 'ok')];
    Object.defineProperty(made.world.readings, 'shipctl contract orders payments', {
      get: () => answers.shift(),
    });
    const session = await open(made);

    await walk(session, all, 'mend');
    await walk(session, all);
    expect(session.session.view().outcome).toBe('rolled_back');
  });
});
