import { expect, test } from 'vitest';
import { type Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { must } from '../sandbox/support.ts';
import { useSandbox } from '../runbooks/use-sandbox.ts';
import { choices, drillOn, visited, type Drill, type Fault } from './drill-kit.ts';

const slow = { timeout: 300_000 };

const shop = useSandbox();

const drill = (fault: Fault, policy?: Policy): Promise<Drill> => drillOn(shop, fault, policy);

/** Passes over these steps, whatever they are, the first `times` times. */
const skipping =
  (steps: readonly string[], reason: string, times = 100): Policy =>
  (situation) => {
    if ((situation.at !== 'step' && situation.at !== 'work') || situation.tried('skip') >= times) return null;
    const { step } = situation;
    const skip = step.offers.find(({ intent }) => intent === 'skip');
    return steps.includes(step.place.step) && skip?.intent === 'skip'
      ? { type: 'skip', place: step.place, attempt: step.attempt, reason, override: skip.override }
      : null;
  };

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

test(
  'F12: where the pipeline was not held, its deploy is seen, the rollback holds, and is repeated behind a pause',
  slow,
  async () => {
    const run = await drill('F12', skipping(['hold_pipeline'], 'it will be quick', 1));

    const breaches = eventsOf(run.facts, 'watch.breached').filter(({ fact }) => fact.hold);
    expect(breaches.length).toBeGreaterThanOrEqual(1);
    expect(choices(run)).toContain('again');
    expect(run.view.outcome).toBe('rolled_back');
    expect(await must(shop.sandbox, 'census')).toBe('4/4 on 1.9.3');
    expect(await must(shop.sandbox, 'ci', 'head')).toBe('1.9.3');
  },
);
