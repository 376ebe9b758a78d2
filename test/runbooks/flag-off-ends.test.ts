import { expect, test } from 'vitest';
import { openWorld, taken, type World } from '../session/fake-world.ts';
import { loadShipped, owedBy, walk } from './walked-ends.ts';

/* The ends of `flag_off` that need no shop, and what it does where the flag cannot be set; the others run in the sandbox. */

const book = loadShipped('flag_off', 'sandbox');

/** The shop as it is with the coupons on. */
function shop(): World {
  const world = openWorld();
  let flag = 'on';
  const { run } = world.runner;
  world.runner.run = async (attempt, command, onOutput) => {
    const ending = await run(attempt, command, onOutput);
    if (ending.exitCode === 0 && command.argv[2] === 'set') flag = command.argv[4] ?? '';
    return ending;
  };
  world.measurer.measure = async (probe) => {
    if (probe.id === 'exposed') return taken(flag === 'on' ? 3 : 0);
    if (probe.id === 'errors') return taken(flag === 'on' ? 0.08 : 0.001);
    return taken(probe.id === 'flag' || probe.id === 'switch_off_value' ? flag : 'sandbox');
  };
  return world;
}

const open = (world: World) => book.open(world, { inputs: { flag: 'new_coupons' } });

test('where the second person says no, nothing is changed', async () => {
  const session = await open(shop());
  await walk(session, { is_it_the_flag: 'switch_off' }, 'second_person');
  await session.say('deny', { reason: 'it is the payments, not the coupons' });
  await walk(session);

  expect([session.session.view().outcome, session.world.ran, owedBy(session)]).toEqual([
    'not_possible',
    [],
    [],
  ]);
});

test('where only a look was needed, the flag stays on', async () => {
  const session = await open(shop());
  await walk(session, { is_it_the_flag: 'nothing' });
  expect([session.session.view().outcome, session.world.ran]).toEqual(['not_needed', []]);
});

test('a flag that cannot be set is set once more, or a rollback is due', async () => {
  const world = shop();
  world.endings['switch_off_turn'] = [1, 0];
  const session = await open(world);
  await walk(session, {}, 'other_way');
  await walk(session, { other_way: 'again' });
  expect(session.session.view().outcome).toBe('mitigated');

  const away = shop();
  away.endings['switch_off_turn'] = [1];
  const other = await open(away);
  await walk(other, { other_way: 'put_back' });
  expect(other.session.view().outcome).toBe('not_possible');
  expect(owedBy(other)).toEqual([]);
});
