import { expect, test } from 'vitest';
import { sanitiser } from '../../src/actions/sanitise.ts';
import { openHost } from '../../src/agent/host.ts';
import { memoryDuplex } from '../../src/agent/messages.ts';
import type { ToClient } from '../../src/agent/messages.ts';
import type { Session } from '../../src/session/session.ts';
import { bookOfSteps, endStep, manualStep } from '../machine/runbook-builder.ts';
import { fakeClock } from './fake-clock.ts';
import { openTestSession } from './open-test-session.ts';

type Lines = Extract<ToClient, { t: 'lines' }>;

test('output is sent once: what earlier steps printed costs nothing more, even a line that was never ended', async () => {
  const clock = fakeClock();
  const { session } = await openTestSession({
    runbook: bookOfSteps(manualStep('look'), endStep('over')),
    clock,
  });
  let print: Parameters<Session['onOutput']>[0] = () => undefined;
  const listening: Session = {
    ...session,
    onOutput: (listener) => {
      print = listener;
      return () => undefined;
    },
  };
  const host = openHost(
    listening,
    () => sanitiser(),
    () => ({ gauges: [] }),
  );
  const { host: end, client } = memoryDuplex();
  const sent: Lines[] = [];
  client.onMessage((message) => {
    if (message.t === 'lines' && message.lines.length > 0) sent.push(message);
  });
  host.connect(end);
  client.send({ t: 'hello', user: 'ada', client: 'here', drives: true });
  for (const attempt of ['one#1', 'two#1']) client.send({ t: 'watch', attempt });
  await clock.advance(100);

  const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
  print('one#1', bytes('first\nopen'));
  await clock.advance(100);
  expect(sent.map(({ attempt, lines }) => [attempt, lines.map(({ text }) => text)])).toEqual([
    ['one#1', ['first', 'open']],
  ]);

  sent.length = 0;
  print('two#1', bytes('second\n'));
  await clock.advance(100);
  print('two#1', bytes('third\n'));
  await clock.advance(100);
  expect(sent.map(({ attempt, lines }) => [attempt, lines.map(({ text }) => text)])).toEqual([
    ['two#1', ['second']],
    ['two#1', ['third']],
  ]);

  sent.length = 0;
  const { host: later, client: another } = memoryDuplex();
  another.onMessage((message) => {
    if (message.t === 'lines' && message.lines.length > 0) sent.push(message);
  });
  host.connect(later);
  another.send({ t: 'hello', user: 'grace', client: 'there', drives: false });
  another.send({ t: 'watch', attempt: 'one#1' });
  await clock.advance(100);
  // who comes later gets all of it, the open line too
  expect(sent.flatMap(({ lines }) => lines.map(({ text }) => text))).toContain('open');
  host.close('ended');
});
