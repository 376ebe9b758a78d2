import { expect, test } from 'vitest';
import { flagsClient } from '../../src/sandbox/shop/flags-client.ts';
import { missed, openWorld, taken, type World } from '../session/fake-world.ts';
import { loadShipped, owedBy, walk } from './walked-ends.ts';

/* The ends of `flag_first` that need no shop, and what it does where the flag server is away; the others run in the sandbox. */

const book = loadShipped('flag_first', 'sandbox');

/** The shop where its flag server does not answer: an instance that was started again has the coupons off. */
function shop(): World {
  const world = openWorld();
  const restarted = new Set<string>();
  world.endings['segment'] = [1];
  world.endings['flag_back'] = [1];
  const { run } = world.runner;
  world.runner.run = (attempt, command, onOutput) => {
    if (command.argv[1] === 'restart') restarted.add(command.argv[2] ?? '');
    return run(attempt, command, onOutput);
  };
  world.measurer.measure = async (probe, fill) => {
    if (probe.source.kind === 'prometheus') return taken(restarted.size === 2 ? 0.001 : 0.08);
    if (probe.id === 'flag') return missed('failed');
    if (probe.source.kind === 'http') return taken('2.0.0');
    const { program } = probe.source.kind === 'run' ? probe.source.command : { program: null };
    const argv = program?.kind === 'argv' ? program.argv.map((part) => String(fill(part))).join(' ') : '';
    if (argv === 'shopctl whoami') return taken('sandbox');
    if (argv.startsWith('shopctl instances'))
      return taken(['shop1', 'shop2'].map((name) => ({ name, url: `http://${name}`, healthy: true })));
    return taken('ok');
  };
  return world;
}

const open = (world: World) =>
  book.open(world, { inputs: { release: '2.0.0', watch: '15m' }, monitored: true });

test('an instance of the built-in shop that starts without an answer of the flag server has the flag off', async () => {
  const flag = flagsClient('http://127.0.0.1:1', 'shop1', () => 0);
  expect(await flag('new_coupons')).toBe(false);
});

test('C5: where the flag server does not answer, instances that start without it end the errors, and what it says stays owed', async () => {
  const session = await open(shop());
  await walk(session, { is_it_the_flag: 'kill' }, 'server_away');
  expect(session.at().question?.recommended).toBe('restart');
  await walk(session, { is_it_the_flag: 'kill' }, 'stays_calm');
  const { ms } = session.clock.now();
  await walk(session);

  expect(session.clock.now().ms - ms).toBeGreaterThanOrEqual(15 * 60_000); // it was watched for so long
  expect(session.session.view().outcome).toBe('mitigated');
  expect(owedBy(session)).toEqual([
    'carried: The flag server says on as soon as it answers: turn new_coupons off there',
  ]);
  expect(
    [...session.world.argv.values()].filter(([, verb]) => verb === 'restart').map((argv) => argv[2]),
  ).toEqual(['shop1', 'shop2']);
});

test('C5: a flag that cannot be put back is owed to its owner, and a rollback takes over', async () => {
  const world = shop();
  world.endings['segment'] = [0];
  const session = await open(world);
  await walk(session, { is_it_the_flag: 'kill' });

  expect(session.session.view().outcome).toBe('not_possible');
  expect(session.status('no_effect')).toBe('done');
  expect(owedBy(session)).toEqual([
    'carried: Nobody knows where new_coupons is on: set it everywhere, as its owner says',
  ]);
});

test.each([
  ['nothing', 'not_needed', []],
  ['not_it', 'not_possible', ['chat']],
] as const)('it ends by %s without touching the flag', async (option, outcome, told) => {
  const session = await open(shop());
  await walk(session, { is_it_the_flag: option });

  expect(session.session.view().outcome).toBe(outcome);
  expect(session.world.ran).toEqual([]);
  expect(
    session.world.sent.filter(({ text }) => text.includes('rollback')).map(({ channel }) => channel),
  ).toEqual(told);
  expect(owedBy(session)).toEqual([]);
});
