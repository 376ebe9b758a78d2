import { afterAll, beforeAll, expect, test } from 'vitest';
import { crashPoints } from '../../src/actions/supervisor/crash-point.ts';
import { planKills } from '../torture-lib/session-plan.ts';
import { bundleSessionPrograms } from '../torture-lib/session-programs.ts';
import type { SessionPrograms } from '../torture-lib/session-programs.ts';
import { runKills } from '../torture-lib/session-trials.ts';

/** Each of the twelve points a few times; the long form is in test/torture. */
const kills = 96;

let programs: SessionPrograms;
beforeAll(async () => {
  programs = await bundleSessionPrograms();
}, 120_000);
afterAll(() => programs.remove());

test(
  `screens, agents, supervisors and commands are killed ${kills} times, at every write: nothing is doubled, no verdict is wrong`,
  { timeout: kills * 4_000 },
  async () => {
    const { hits, struck, verdicts, problems } = await runKills(programs, programs.agent, planKills(kills));
    console.log({ kills, hits, struck, verdicts });
    expect(problems).toEqual([]);
    for (const point of crashPoints) expect(hits[point] ?? 0, `hits at "${point}"`).toBeGreaterThanOrEqual(5);
  },
);

test(
  'the harness can see: an agent that records the result only, and runs again what has none, doubles effects in it',
  { timeout: 300_000 },
  async () => {
    // Its own points only: it has no supervisor whose writes could be hit.
    const plans = Array.from({ length: 20 }, (_, index) => ({
      crash: { afterMs: 20 + (index % 5) * 10 },
      victims: ['host'] as const,
      again: null,
    }));
    const { problems } = await runKills(programs, programs.naiveAgent, plans);
    expect(problems.filter((problem) => problem.includes('doubled')).length).toBeGreaterThanOrEqual(3);
  },
);
