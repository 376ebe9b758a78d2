import { expect, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { must } from '../sandbox/support.ts';
import { chosen } from '../runbooks/stage.ts';
import { useSandbox } from '../runbooks/use-sandbox.ts';
import { choices, drillOn, skipping, type Drill, type Fault } from '../drill/drill-kit.ts';

const slow = { timeout: 300_000 };

const shop = useSandbox({ clients: 8 });

const drill = (fault: Fault, policy?: Policy): Promise<Drill> => drillOn(shop, fault, policy);

/** Gives back in spite of what should hold before it. */
const inSpiteOfGuards: Policy = (situation) => {
  if (situation.at !== 'step') return null;
  const { place, attempt, offers } = situation.step;
  return offers.some((offer) => offer.intent === 'route' && offer.to === '@anyway')
    ? { type: 'route', place, attempt, to: '@anyway', reason: 'the others want to deploy' }
    : null;
};

test(
  'F07: the old release first, the data later: it cannot read the orders, and the drill is lost',
  slow,
  async () => {
    const run = await drill(
      'F07',
      firstOf(
        skipping(['transform', 'schema_down'], 'the application first'),
        chosen('which_way', 'forward', 'the old release does not start'),
      ),
    );
    const refused = eventsOf(run.facts, 'command.ended').find(
      ({ fact }) => fact.place.step === 'switch_app_deploy' || fact.place.step === 'deploy',
    );

    expect(refused?.fact).toMatchObject({ exitCode: 3 });

    expect(run.score.wrongTurns).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^transform -skip->/),
        expect.stringMatching(/^schema_down -skip->/),
      ]),
    );
    expect(run.score.total).toBeLessThan(60);
  },
);

test(
  'F12: resuming the pipeline before the revert brings the bad release back, and costs most of the points',
  slow,
  async () => {
    const run = await drill(
      'F12',
      firstOf(
        skipping(['out_of_main', 'drained', 'stays_back'], 'the revert comes tomorrow'),
        inSpiteOfGuards,
      ),
    );

    expect(run.score.wrongTurns).toEqual(
      expect.arrayContaining([expect.stringMatching(/^out_of_main -skip->/)]),
    );
    expect(run.score.total).toBeLessThan(60);
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
