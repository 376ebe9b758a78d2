import { afterAll, beforeAll, expect, test } from 'vitest';
import { crashPoints } from '../../src/actions/supervisor/crash-point.ts';
import { planKills } from '../torture-lib/session-plan.ts';
import { bundleSessionPrograms } from '../torture-lib/session-programs.ts';
import type { SessionPrograms } from '../torture-lib/session-programs.ts';
import { runKills } from '../torture-lib/session-trials.ts';

const kills = Number(process.env['TRIALS'] ?? 2_000);

let programs: SessionPrograms;
beforeAll(async () => {
  programs = await bundleSessionPrograms();
}, 120_000);
afterAll(() => programs.remove());

test(`screens, agents, supervisors and commands are killed ${kills} times: nothing is doubled, no verdict is wrong`, async () => {
  const { hits, struck, verdicts, problems } = await runKills(
    programs,
    programs.agent,
    planKills(kills, Number(process.env['SEED'] ?? 1)),
  );
  console.log({ kills, hits, struck, verdicts });
  expect(problems).toEqual([]);
  const least = Math.min(20, Math.floor(kills / 100));
  for (const point of crashPoints)
    expect(hits[point] ?? 0, `hits at "${point}"`).toBeGreaterThanOrEqual(least);
});
