import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { isoTime, movableClock } from '../../src/sandbox/clock.ts';
import { alertmanager, type Alertmanager } from '../../src/sandbox/platform/silences.ts';

const start = 1_800_000_000_000;
const stoppedClock = () => movableClock({ realMs: 0, domainMs: start, speed: 0 });
const alert = {
  labels: { alertname: 'CheckoutErrors', severity: 'page' },
  annotations: {},
  startsAt: isoTime(start),
};

async function ask(
  manager: Alertmanager,
  method: string,
  path: string,
  body: unknown = null,
): Promise<{ readonly status: number; readonly body: unknown }> {
  const url = new URL(path, 'http://127.0.0.1');
  const reply = await manager.handler({
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: {},
    body: JSON.stringify(body),
    socket: new Socket(),
  });
  return { status: reply.status, body: JSON.parse(reply.body) };
}

const silenceOf = (value: string, minutes: number, isRegex = false): unknown => ({
  matchers: [{ name: 'alertname', value, isRegex, isEqual: true }],
  startsAt: isoTime(start),
  endsAt: isoTime(start + minutes * 60_000),
  createdBy: 'ada',
  comment: 'rollback',
});

test('a silence covers its alert until it ends, on the domain clock', async () => {
  const clock = stoppedClock();
  const manager = alertmanager(clock);
  const created = await ask(manager, 'POST', '/api/v2/silences', silenceOf('Checkout.*', 30, true));
  expect(manager.setAlerts([alert])).toEqual([]);
  expect(await ask(manager, 'GET', '/api/v2/alerts')).toMatchObject({
    body: [
      { status: { state: 'suppressed', silencedBy: [(created.body as { silenceID: string }).silenceID] } },
    ],
  });
  expect((await ask(manager, 'GET', '/api/v2/alerts?silenced=false')).body).toEqual([]);

  clock.move(start + 31 * 60_000);
  expect(await ask(manager, 'GET', '/api/v2/silences')).toMatchObject({
    body: [{ createdBy: 'ada', status: { state: 'expired' } }],
  });
  expect(await ask(manager, 'GET', '/api/v2/alerts')).toMatchObject({
    body: [{ status: { state: 'active', silencedBy: [] } }],
  });
});

test('an expired silence stays listed and covers nothing', async () => {
  const manager = alertmanager(stoppedClock());
  const created = await ask(manager, 'POST', '/api/v2/silences', silenceOf('CheckoutErrors', 30));
  const id = (created.body as { silenceID: string }).silenceID;
  expect((await ask(manager, 'DELETE', `/api/v2/silence/${id}`)).status).toBe(200);
  expect(await ask(manager, 'GET', `/api/v2/silence/${id}`)).toMatchObject({
    body: { status: { state: 'expired' } },
  });
  expect(manager.setAlerts([alert])).toEqual([alert]);
});

test('an alert is new once, and again after it went away', () => {
  const manager = alertmanager(stoppedClock());
  expect(manager.setAlerts([alert])).toEqual([alert]);
  expect(manager.setAlerts([alert])).toEqual([]);
  expect(manager.setAlerts([])).toEqual([]);
  expect(manager.setAlerts([alert])).toEqual([alert]);
});

test.each([
  ['no matcher', { matchers: [], startsAt: isoTime(start), endsAt: isoTime(start + 1) }, 422],
  ['a pattern that is none', silenceOf('(', 5, true), 400],
  ['an end in the past', silenceOf('x', -5), 400],
  ['no times', { matchers: [{ name: 'a', value: 'b' }] }, 422],
])('a silence with %s is refused', async (_, body, status) => {
  expect((await ask(alertmanager(stoppedClock()), 'POST', '/api/v2/silences', body)).status).toBe(status);
});

test('a silence that is not there is not found', async () => {
  expect((await ask(alertmanager(stoppedClock()), 'DELETE', '/api/v2/silence/none')).status).toBe(404);
});
