import { expect, test } from 'vitest';
import { type Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { must } from '../sandbox/support.ts';
import { useSandbox } from '../runbooks/use-sandbox.ts';
import { choices, drillOn, visited, type Drill, type Fault } from './drill-kit.ts';

const slow = { timeout: 300_000 };

const shop = useSandbox({ clients: 8 });

const drill = (fault: Fault, policy?: Policy): Promise<Drill> => drillOn(shop, fault, policy);

test(
  'F04: a bug behind a flag is ended by the flag alone, which stays owed with an owner and a date',
  slow,
  async () => {
    const run = await drill('F04');

    expect(choices(run).at(-1)).toBe('flag');
    expect(run.view.outcome).toBe('mitigated');
    expect(eventsOf(run.facts, 'flag.turned').map(({ fact }) => fact)).toMatchObject([
      { flag: 'new_coupons', before: 'on', to: 'off', debt: 'kill_flag_flag' },
    ]);
    expect(run.view.obligations).toMatchObject([
      { key: 'kill_flag_flag', state: 'carried', owner: 'payments', due: expect.any(String) },
    ]);
    expect(run.score.wrongTurns).toEqual([]);
    expect(run.score.total).toBeGreaterThanOrEqual(90);
    expect(await must(shop.sandbox, 'flags', 'get', 'new_coupons')).toBe('off');
    expect(await must(shop.sandbox, 'census')).toBe('4/4 on 2.0.0');
    // the evidence was taken beside all this, and named in the post-mortem
    expect(eventsOf(run.facts, 'evidence.captured').map(({ fact }) => [fact.id, fact.partial])).toEqual(
      expect.arrayContaining([
        ['threads', false],
        ['sessions', false],
        ['new_orders', false],
      ]),
    );
  },
);

test(
  'F05: where the flag is cached its effect is not seen, it is put back, and the release is rolled back',
  slow,
  async () => {
    const run = await drill('F05');

    expect(choices(run)).toEqual(expect.arrayContaining(['flag', 'put_back', 'rollback']));
    expect([...visited(run)]).toEqual(expect.arrayContaining(['seen', 'flag_back', 'schema_down']));
    expect(run.view.outcome).toBe('rolled_back');
    expect(run.view.obligations.filter(({ state }) => state !== 'proved')).toEqual([]);
    expect(run.score.wrongTurns).toEqual([]);
    expect(run.score.total).toBeGreaterThanOrEqual(90);
    expect(await must(shop.sandbox, 'flags', 'get', 'new_coupons')).toBe('on');
    expect(await must(shop.sandbox, 'census')).toBe('4/4 on 1.9.3');
  },
);

test('F06: where the payment provider is down the release stays, and the team is told', slow, async () => {
  const run = await drill('F06');

  expect(choices(run).at(-1)).toBe('dependency');
  expect(run.view.outcome).toBe('not_needed');
  expect([...visited(run)]).toEqual(expect.arrayContaining(['tell_dependency', 'call_provider']));
  expect(run.score.wrongTurns).toEqual([]);
  expect(run.score.total).toBeGreaterThanOrEqual(90);
  expect(await must(shop.sandbox, 'census')).toBe('4/4 on 2.0.0');
});
