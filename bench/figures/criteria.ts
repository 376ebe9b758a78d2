import type { Scenario, Summary } from '../criteria/simulate.ts';
import { scenarios, summarise } from '../criteria/simulate.ts';
import type { Figure } from '../figure.ts';
import { limitFigure } from '../figure.ts';
import type { World } from '../world.ts';

/** T1–T6: how often the rule of a trigger (E1) fires when nothing is wrong, and how late or never when something is. */
export async function criteria({ quick }: Pick<World, 'quick'>): Promise<readonly Figure[]> {
  const trials = quick ? 50 : 400;
  const perCent = (share: number): number => share * 100;
  const alarms = (id: string, scenario: Scenario, most: number | null): Figure => {
    const found = summarise(scenario, trials);
    const figure = limitFigure(
      id,
      scenario.name,
      perCent(found.fired),
      '% fired',
      { most: most ?? 100 },
      besides(found),
    );
    return most === null ? { ...figure, goal: 'for comparison', met: null, used: null } : figure;
  };
  const caught = (id: string, scenario: Scenario): readonly Figure[] => {
    const found = summarise(scenario, trials);
    return [
      limitFigure(id, `${scenario.name}: missed`, perCent(1 - found.fired), '%', { most: 0 }, besides(found)),
      limitFigure(
        id,
        `${scenario.name}: median time to fire`,
        found.medianMinutes,
        'min',
        { most: 2.5 },
        `\`for\` is 2 min, an interval 15 s; the longest of ${found.trials} took ${found.longestMinutes} min`,
      ),
    ];
  };
  return Promise.resolve([
    alarms('T1', scenarios.healthy, 0),
    alarms('T2', scenarios.few, null),
    alarms('T3', scenarios.spike, 0),
    alarms('T4', scenarios.smeared, null),
    ...caught('T5', scenarios.outage),
    ...caught('T6', scenarios.gaps),
  ]);
}

const besides = ({ trials, oneSample, withoutCounts, unknown }: Summary): string =>
  `${trials} seeds; one sample over the limit would fire in ${share(oneSample)}, \`for\` alone in ${share(withoutCounts)}; unknown ${share(unknown)} of the time`;

const share = (value: number): string => `${Number((value * 100).toPrecision(3))} %`;
