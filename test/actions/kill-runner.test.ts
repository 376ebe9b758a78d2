import { afterAll, beforeAll, expect, test } from 'vitest';
import { crashPoints } from '../../src/actions/supervisor/crash-point.ts';
import { bundlePrograms } from '../torture-lib/bundle.ts';
import { planTrials, runTrials } from '../torture-lib/kill-harness.ts';
import { naiveSubject } from '../torture-lib/naive-subject.ts';
import { runnerSubject } from '../torture-lib/runner-subject.ts';

const trials = Number(process.env['TRIALS'] ?? 96);
const leastHits = trials >= 2_000 ? 20 : 5;

let programs: Awaited<ReturnType<typeof bundlePrograms<'host' | 'supervisor' | 'naive'>>>;
beforeAll(async () => {
  programs = await bundlePrograms({
    host: 'test/fixtures/runner/host.ts',
    supervisor: 'src/actions/supervisor/main.ts',
    naive: 'test/fixtures/runner/naive-host.ts',
  });
});
afterAll(() => programs.remove());

test(
  `${trials} hosts and supervisors are killed at every write: no effect is doubled, no verdict is wrong`,
  { timeout: trials * 2_000 },
  async () => {
    const subject = runnerSubject(programs.file('host'), programs.file('supervisor'));
    const { hits, verdicts, doubtsWithEffect, problems } = await runTrials(subject, planTrials(trials));
    console.log({ trials, hits, verdicts, doubtsWithEffect });
    expect(problems).toEqual([]);
    for (const point of crashPoints)
      expect(hits[point] ?? 0, `hits at "${point}"`).toBeGreaterThanOrEqual(leastHits);
  },
);

test(
  'the harness can see: a host that records the result only doubles effects in it',
  { timeout: 120_000 },
  async () => {
    const plans = planTrials(30, ['spawned', 'exit observed', 'ending recorded']);
    const { problems } = await runTrials(naiveSubject(programs.file('naive')), plans);
    expect(problems.filter((problem) => problem.includes('doubled')).length).toBeGreaterThanOrEqual(5);
  },
);
