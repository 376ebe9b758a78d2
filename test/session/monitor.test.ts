import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { openWorld } from './fake-world.ts';
import { openTestSession } from './open-test-session.ts';
import { watchingJob } from '../../src/session/escalate.ts';
import { pause } from '../../src/session/kit.ts';
import { bookOfSteps, checkOf, endStep, probeOf, runStep, textOf } from '../machine/runbook-builder.ts';

const runbook = bookOfSteps(runStep('swap'), endStep('over'));

test('what is watched beside the steps says once that a reading fails, however often it is tried', async () => {
  const world = openWorld();
  world.readings['versions'] = () => Promise.reject(new Error('the pool is closed'));
  const check = checkOf(probeOf('versions', 'versions'), [{ kind: 'equals', value: textOf('one') }]);
  const { clock, facts } = await openTestSession({
    runbook: {
      ...runbook,
      watch: [{ check, from: null, everyMs: 1000, onBreach: 'note' }],
    },
    world,
    monitored: true,
  });

  await clock.advance(20_000);
  expect(world.measured.length).toBeGreaterThan(10);
  expect(facts('note.added')).toMatchObject([{ text: 'a reading failed: Error: the pool is closed' }]);
});

test('a pause that is over leaves nothing on its signal', async () => {
  const { session, clock } = await openTestSession({ runbook });
  const { signal } = new AbortController();
  const job = watchingJob(session, signal);
  for (let round = 0; round < 5; round += 1) {
    const over = pause(job, 250);
    await clock.advance(250);
    await over;
  }
  expect(getEventListeners(signal, 'abort')).toHaveLength(0);
});
