import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../fixtures/runner/open-test-runner.ts';
import { bundleSessionPrograms } from '../torture-lib/session-programs.ts';
import type { SessionPrograms } from '../torture-lib/session-programs.ts';
import { tellStory } from '../torture-lib/story.ts';
import { killProcess } from '../torture-lib/kill-process.ts';

const rounds = Number(process.env['ROUNDS'] ?? 200);

let programs: SessionPrograms;
beforeAll(async () => {
  programs = await bundleSessionPrograms();
}, 120_000);
afterAll(() => programs.remove());

test(`two resume the same session at the same instant, ${rounds} times: one writes, the other ends in peace`, async () => {
  await tellStory(programs, async (story) => {
    await story.begin();
    for (let round = 1; round <= rounds; round += 1) {
      killProcess(story.bench.pids().host, 'SIGKILL');
      await until('the agent is gone', () => story.bench.isGone('host'), 60_000);
      expect(await story.bench.race(2)).toEqual([0]);
      await until('it is under way again', () => story.bench.view() !== null, 60_000);
      const resumed = story.facts().filter(({ type }) => type === 'session.resumed');
      expect(resumed).toHaveLength(round);
    }
    story.letGo();
    await until('the command has ended', () => story.bench.view()?.current[0]?.status === 'failed', 60_000);
    expect(story.lines('journal')).toEqual(['begin', 'end']);
  });
});
