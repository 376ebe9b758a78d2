import { expect, test } from 'vitest';
import { openHost } from '../../src/agent/host.ts';
import { startMonitor } from '../../src/session/monitor.ts';
import { bookOfSteps, endStep, manualStep } from '../machine/runbook-builder.ts';
import { fakeClock, settled } from './fake-clock.ts';
import { openTestSession } from './open-test-session.ts';

const book = bookOfSteps(manualStep('look'), endStep('over'));

test('a monitor that is stopped waits for nothing more, so that a program that is done can end', async () => {
  const clock = fakeClock();
  const { session } = await openTestSession({ runbook: book, clock });
  const before = clock.pending();
  const monitor = startMonitor(session, () => undefined);
  await settled();
  expect(clock.pending()).toBeGreaterThan(before);
  await clock.advance(5000);
  expect(clock.pending()).toBeGreaterThan(before);

  monitor.stop();
  expect(clock.pending()).toBe(before);
});

test('a monitor that is stopped while it reads waits for nothing after that either', async () => {
  const clock = fakeClock();
  const { session } = await openTestSession({ runbook: book, clock });
  const before = clock.pending();
  startMonitor(session, () => undefined).stop();
  await settled();
  expect(clock.pending()).toBe(before);
});

test('a host that is closed waits for nothing more', async () => {
  const clock = fakeClock();
  const { session, say } = await openTestSession({ runbook: book, clock });
  const before = clock.pending();
  const host = openHost(
    session,
    () => ({ push: () => '', held: () => '' }),
    () => ({ gauges: [] }),
  );
  await say('note', { text: 'somebody is here' });
  expect(clock.pending()).toBeGreaterThan(before);

  host.close('ended');
  expect(clock.pending()).toBe(before);
});
