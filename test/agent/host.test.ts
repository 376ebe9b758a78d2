import { expect, onTestFinished, test } from 'vitest';
import { sanitiser } from '../../src/actions/sanitise.ts';
import { attachClient } from '../../src/agent/client.ts';
import { openHost } from '../../src/agent/host.ts';
import { memoryDuplex } from '../../src/agent/messages.ts';
import { bookOfSteps, endStep, runStep } from '../machine/runbook-builder.ts';
import { openWorld } from '../session/fake-world.ts';
import { openTestSession } from '../session/open-test-session.ts';

const runbook = bookOfSteps(runStep('swap'), endStep('over'));

/** A host over a session, with one terminal that drives it. */
async function hosted(world = openWorld()) {
  const opened = await openTestSession({ runbook, world });
  const host = openHost(
    opened.session,
    () => sanitiser(),
    () => ({ gauges: [] }),
  );
  onTestFinished(() => host.close('ended'));
  const { host: end, client } = memoryDuplex();
  host.connect(end);
  return { ...opened, host, client: await attachClient(client, { user: 'ada', client: 'a', drives: true }) };
}

test('what goes wrong in answering one person is told to them, and the session goes on', async () => {
  const world = openWorld();
  world.endings['swap'] = ['stays'];
  const { client, at } = await hosted({
    ...world,
    runner: { ...world.runner, stop: () => Promise.reject(new Error('EMFILE: too many open files')) },
  });
  const { place, attempt } = at();
  expect(await client.send({ type: 'run', place, attempt, typed: null })).toEqual({ ok: true });

  expect(await client.send({ type: 'stop_command', place, attempt, typed: null })).toMatchObject({
    ok: false,
    code: 'E_INTERNAL',
    message: 'It could not be done: EMFILE: too many open files',
  });
  expect(await client.send({ type: 'note', text: 'stopped by hand' })).toEqual({ ok: true });
});

test('a terminal that has lost its host is told so each time, and waits for nothing', async () => {
  const { client, host } = await hosted();
  host.close('lost');
  expect(await client.gone).toBe('lost');

  expect(await client.send({ type: 'note', text: 'is anybody there' })).toMatchObject({ code: 'E_LOST' });
  expect(await client.takeOver()).toMatchObject({ code: 'E_LOST' });
});
