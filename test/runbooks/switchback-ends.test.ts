import { expect, test } from 'vitest';
import type { Sample } from '../../src/judge/trigger.ts';
import { openWorld, taken, type World } from '../session/fake-world.ts';
import type { TestSession } from '../session/open-test-session.ts';
import { commandsOf, exits, loadShipped, owedBy, walk } from './walked-ends.ts';

/*
 * Every end of the switch-back, over a world that answers as the shop and its proxy would. Its drills walk the main ways
 * in the sandbox.
 */

/** Twenty minutes before a session of the test kit begins. */
const released = '2026-03-01T09:40:00.000Z';
const book = loadShipped('blue_green_switchback', 'sandbox');

interface Shop {
  readonly world: World;
  /** Percent of the traffic on the standby, and after each command that changed it. */
  readonly shares: number[];
  readonly state: { ci: string; coupons: string; standby: boolean; orphans: boolean; stopped: number };
}

function shop(): Shop {
  const world = openWorld();
  const shares = [0];
  const state = { ci: 'running', coupons: 'on', standby: true, orphans: false, stopped: 0 };
  const runner = { ...world.runner };
  world.runner.run = async (attempt, command, onOutput) => {
    const ending = await runner.run(attempt, command, onOutput);
    if (ending.exitCode !== 0) return ending;
    const text = command.argv.join(' ');
    if (text.startsWith('walkback traffic shift')) shares.push(Number(/--to (\d+)/.exec(text)?.[1]));
    if (text.startsWith('walkback traffic restore')) shares.push(text.includes('shop1=0') ? 0 : 10);
    if (text === 'shopctl ci pause') state.ci = 'paused';
    if (text === 'shopctl ci resume') state.ci = 'running';
    if (text.startsWith('shopctl flags set new_coupons')) state.coupons = text.split(' ').at(-1) ?? '';
    if (text.startsWith('shopctl deploy shop1')) state.standby = true;
    if (text.startsWith('shopctl stop')) state.stopped += 1;
    return ending;
  };
  world.measurer.measure = async (probe, fill) => {
    const asked = probe.source.kind === 'run' ? probe.source.command.program : null;
    const argv = asked?.kind === 'argv' ? asked.argv.map((part) => String(fill(part))).join(' ') : '';
    const share = shares.at(-1) ?? 0;
    if (argv === 'shopctl whoami') return taken('sandbox');
    if (argv === 'shopctl events --json')
      return taken([{ id: 'release-2.0.0', event: 'release.finished', at: released }]);
    if (argv === 'shopctl ci state') return taken(state.ci);
    if (argv === 'shopctl ci try') return exits(state.ci === 'paused' ? 3 : 0);
    if (argv === 'shopctl instances --json')
      return taken([1, 2].map((n) => ({ name: `shop${n}`, version: '1.9.4', healthy: state.standby })));
    if (argv === 'shopctl orders check') return exits(state.orphans ? 3 : 0, 'orders');
    if (argv === 'shopctl census') return taken(`shop: ${state.stopped}/4 on no answer`);
    if (argv === 'shopctl flags get new_coupons') return taken(state.coupons);
    if (argv.includes('traffic read --exact'))
      return taken(share === 0 ? 'shop1=0 shop3=1' : 'shop1=1 shop3=1');
    if (probe.id === 'errors') return taken(share === 0 ? 0.4 : 0.001);
    if (probe.id === 'standby_errors') return taken(0.001);
    return exits(0, 'ok');
  };
  // an hour of the release before and ten minutes of now are as fast as each other
  world.measurer.series = async (probe, _fill, { fromMs, toMs, stepMs }) =>
    Array.from({ length: Math.floor((toMs - fromMs) / stepMs) + 1 }, (_, at): Sample => {
      const values: Record<string, number> = { latency: 0.2 + (at % 7) / 1000, shop_up: 1, checkouts: 500 };
      return [fromMs + at * stepMs, values[probe.id ?? ''] ?? 0];
    });
  return { world, shares, state };
}

const open = ({ world }: Shop): Promise<TestSession> =>
  book.open(world, { inputs: { release: '2.0.0', target: '1.9.4' }, monitored: true });

async function ended(made: Shop, answers: Readonly<Record<string, string>>): Promise<TestSession> {
  const session = await open(made);
  await walk(session, answers);
  expect(session.session.view().status).toBe('closed');
  return session;
}

const outcomeOf = ({ session }: TestSession) => session.view().outcome;
const untilFixed = ['carried: Deploy pipeline is paused until the fix is in'];

test.each([
  ['at once, the traffic is shifted in one step', 'at_once', [0, 100]],
  ['in steps, each share is looked at before the next', 'in_steps', [0, 10, 50, 100]],
] as const)('%s; the pipeline stays paused until the fix is in', async (_how, how, shares) => {
  const made = shop();
  const session = await ended(made, { how });

  expect(outcomeOf(session)).toBe('rolled_back');
  expect(made.shares).toEqual(shares);
  expect(commandsOf(session)).toContain('shopctl weights reload');
  expect(made.state).toMatchObject({ ci: 'paused', stopped: 2 });
  expect(owedBy(session)).toEqual(untilFixed);
});

test('orders that only the failed release has go on a list, and the traffic stays where it is', async () => {
  const made = shop();
  made.state.orphans = true;
  const session = await open(made);
  await walk(session, { how: 'in_steps' }, 'reconcile');
  expect(made.shares.at(-1)).toBe(100);
  await walk(session, { reconcile: 'https://shop.example/missed-orders' });

  expect(outcomeOf(session)).toBe('rolled_back');
  expect(session.status('reconciled')).toBe('done');
  expect(made.shares.at(-1)).toBe(100);
  expect(owedBy(session)).toEqual(untilFixed);
});

test.each([
  ['nothing', 'not_needed', 'nothing'],
  ['schema', 'not_possible', 'chained'],
])('the decision `%s` ends without touching traffic or pipeline', async (how, outcome, step) => {
  const made = shop();
  const session = await ended(made, { how });

  expect(outcomeOf(session)).toBe(outcome);
  if (step === 'chained') expect(made.world.sent.at(-1)?.text).toContain('postgres_downgrade');
  expect([made.shares, made.world.ran]).toEqual([[0], []]);
});

test('a standby that is cold is deployed again and takes the traffic; without one the release stays', async () => {
  const cold = shop();
  cold.state.standby = false;
  const back = await ended(cold, { how: 'in_steps', standby_down: 'redeploy' });
  expect(outcomeOf(back)).toBe('rolled_back');
  expect(commandsOf(back)).toContain('shopctl deploy shop1 1.9.4');

  const none = shop();
  none.state.standby = false;
  const stayed = await ended(none, { how: 'in_steps', standby_down: 'give_up' });
  expect([outcomeOf(stayed), stayed.status('stayed')]).toEqual(['not_possible', 'done']);
  expect([none.shares, none.state.ci, owedBy(stayed)]).toEqual([[0], 'running', []]);
});

test('a standby that is worse gives the traffic back; the configuration goes first, or the release stays', async () => {
  const worse = shop();
  const session = await open(worse);
  await walk(session, { how: 'at_once' }, 'shift_all');
  await session.say('abort', { reason: 'the standby fails under the new configuration' });
  await walk(session, {}, 'what_now');
  expect(worse.shares.at(-1)).toBe(0);
  await walk(session);
  expect([outcomeOf(session), worse.state.coupons, worse.shares.at(-1)]).toEqual(['rolled_back', 'off', 100]);

  const other = shop();
  const stays = await open(other);
  await walk(stays, { how: 'at_once' }, 'shift_all');
  await stays.say('abort', { reason: 'the standby fails' });
  await walk(stays, { what_now: 'stay' });
  expect([outcomeOf(stays), other.shares.at(-1), other.state.ci]).toEqual(['not_possible', 0, 'running']);
});
