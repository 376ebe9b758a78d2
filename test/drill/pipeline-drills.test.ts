import { expect, test } from 'vitest';
import { type Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { must } from '../sandbox/support.ts';
import { useSandbox } from '../runbooks/use-sandbox.ts';
import { drillOn, visited, type Drill, type Fault } from './drill-kit.ts';

const slow = { timeout: 300_000 };

const shop = useSandbox({ clients: 8 });

const drill = (fault: Fault, policy?: Policy): Promise<Drill> => drillOn(shop, fault, policy);

test(
  'F07: orders that only the new release can read are counted and made readable before the old one starts',
  slow,
  async () => {
    const run = await drill('F07');

    expect(run.view.outcome).toBe('rolled_back');
    const intent = eventsOf(run.facts, 'step.intent').find(({ fact }) => fact.place.step === 'transform');
    expect(Number(intent?.fact.captured['newer'])).toBeGreaterThanOrEqual(37);
    expect(run.score.wrongTurns).toEqual([]);
    expect(run.score.total).toBeGreaterThanOrEqual(90);
    expect(await must(shop.sandbox, 'census')).toBe('4/4 on 1.9.3');
    expect(await must(shop.sandbox, 'smoke', '--read-only')).not.toBe('');
  },
);

test(
  'F12: what is merged in the middle of it waits, and the pipeline runs again without the bad release',
  slow,
  async () => {
    const run = await drill('F12');

    expect(run.view.outcome).toBe('rolled_back');
    expect([...visited(run)]).toEqual(expect.arrayContaining(['out_of_main', 'drained', 'stays_back']));
    expect(run.score.wrongTurns).toEqual([]);
    expect(run.score.total).toBeGreaterThanOrEqual(90);
    const state = JSON.parse(await must(shop.sandbox, 'ci', 'state', '--json')) as {
      readonly state: string;
      readonly head: { readonly version: string };
      readonly history: readonly { readonly version: string; readonly result: string }[];
    };
    expect(state).toMatchObject({ state: 'running', head: { version: '1.9.3' } });
    expect(state.history.at(-1)).toMatchObject({ version: '1.9.3', result: 'deployed' }); // the queue ran
    expect(await must(shop.sandbox, 'census')).toBe('4/4 on 1.9.3');
  },
);
