import { expect, test } from 'vitest';
import { evidenceText, observationText } from '../../src/report/evidence-text.ts';
import { epochMsOf } from '../../src/machine/iso-time.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Trigger } from '../../src/runbook/model/criteria.ts';
import { statusLines } from '../../src/plain/header.ts';
import { bookOfSteps, endStep, probeOf, runStep } from '../machine/runbook-builder.ts';
import { openWorld } from './fake-world.ts';
import { openTestSession, type TestSession } from './open-test-session.ts';

const minute = 60_000;

const trigger = (id: string, advise: Trigger['advise']): Trigger => ({
  id,
  probe: id,
  breach: { op: '>', value: 0.02 },
  clear: { op: '<', value: 0.016 },
  forMs: 20_000,
  intervalMs: 10_000,
  minEvents: null,
  events: null,
  advise,
  at: { file: 'book.yaml', line: 1, column: 1 },
});

const book = (more: Partial<Runbook> = {}): Runbook => ({
  ...bookOfSteps(runStep('first'), runStep('second'), endStep('over')),
  service: 'shop',
  probes: { err: probeOf('err', 'err'), p95: probeOf('p95', 'p95') },
  triggers: [trigger('err', 'rollback'), trigger('p95', 'investigate')],
  decide: { kind: 'any', k: 1, triggers: ['err'] },
  evidence: { budgetMs: 0, items: [], minObservationMs: minute },
  ...more,
});

async function opened(readings: Record<string, number>, speed = 1): Promise<TestSession> {
  const world = openWorld();
  Object.assign(world.readings, readings);
  return openTestSession({ runbook: book(), world, monitored: true, started: { speed } });
}

/** Goes on until the numbers advise that. */
async function advised(session: TestSession, advice: string): Promise<void> {
  for (let waited = 0; session.context().advice?.advice !== advice && waited < 60; waited += 1)
    await session.clock.advance(1_000);
  expect(session.context().advice?.advice).toBe(advice);
}

const leftOf =
  ({ clock }: TestSession) =>
  (until: string): number =>
    epochMsOf(until) - clock.now().ms;

test('R3.5: where the numbers only say investigate, the first change waits until they were watched for the minimum', async () => {
  const session = await opened({ err: 0.001, p95: 0.5 });
  await advised(session, 'investigate');
  await session.clock.advance(20_000);

  expect(await session.say('run')).toMatchObject({
    ok: false,
    code: 'E_OBSERVE',
    message: expect.stringMatching(/watched for 1 min first, 40 s are left/) as string,
    next: expect.stringContaining('override') as string,
  });
  expect(session.world.ran).toEqual([]);
  expect(session.facts('authority.denied')).toMatchObject([{ blocks: [{ kind: 'observation' }] }]);
  expect(observationText(session.session.view(), leftOf(session))).toMatch(/may begin in 40 s/);
  expect(evidenceText(session.session.view(), leftOf(session))).toBeNull();

  await session.clock.advance(40_000);
  expect(observationText(session.session.view(), leftOf(session))).toBeNull();
  expect(await session.say('run')).toEqual({ ok: true });
  expect(await session.say('run')).toEqual({ ok: true });
  expect(session.world.ran).toEqual(['first#1', 'second#1']);
});

test('R3.5: a rollback is never held up by it, nor is a session without numbers that ask for it', async () => {
  const rollback = await opened({ err: 0.08, p95: 0.5 });
  await advised(rollback, 'rollback');
  expect(await rollback.say('run')).toEqual({ ok: true });

  const healthy = await opened({ err: 0.001, p95: 0.001 });
  await advised(healthy, 'healthy');
  expect(await healthy.say('run')).toEqual({ ok: true });
});

test('R3.5: what was advised as a rollback and is only to be investigated by now is not held up either', async () => {
  const session = await opened({ err: 0.08, p95: 0.5 });
  await advised(session, 'rollback');
  session.world.readings['err'] = 0.001;
  await advised(session, 'investigate');

  expect(await session.say('run')).toEqual({ ok: true });
});

test('R3.5: the observation is passed over by an override only, which is on record and reviewed', async () => {
  const session = await opened({ err: 0.001, p95: 0.5 });
  await advised(session, 'investigate');
  await session.say('run');

  expect(await session.say('override', { reason: ' ' })).toMatchObject({ code: 'E_REASON' });
  expect(await session.say('override', { reason: 'the disk fills up now' })).toEqual({ ok: true });
  expect(session.facts('override.used')).toMatchObject([{ over: ['observation'], evidence: [{}] }]);
  expect(await session.say('run')).toEqual({ ok: true });
});

test('R3.5: the minimum is time of the system, so a drill at sixty times the speed waits for a second', async () => {
  const session = await opened({ err: 0.001, p95: 0.5 }, 60);
  await advised(session, 'investigate');
  const until = session.session.view().observation?.until ?? '';

  expect(leftOf(session)(until)).toBeLessThanOrEqual(1_000);
  await session.clock.advance(1_000);
  expect(await session.say('run')).toEqual({ ok: true });
});

test('R3.5: a session that is taken up again goes on counting from where the numbers first said so', async () => {
  const session = await opened({ err: 0.001, p95: 0.5 });
  await advised(session, 'investigate');
  await session.clock.advance(50_000);
  const next = await session.dies('resumed');

  expect(await next.say('run')).toMatchObject({ code: 'E_OBSERVE' });
  await next.clock.advance(10_000);
  expect(await next.say('run')).toEqual({ ok: true });
});

test('R3.5: the linear front end says how long is left, in the same words as the card', async () => {
  const session = await opened({ err: 0.001, p95: 0.5 });
  await advised(session, 'investigate');
  const live = {
    gauges: [],
    preview: null,
    usual: null,
    recording: { ok: true, detail: null },
    watchers: 0,
  } as const;

  expect(statusLines(session.session.view(), live, session.clock.now().iso)).toContainEqual(
    expect.stringMatching(/^watch first: the numbers do not say roll back; a change may begin in \d+ s$/),
  );
});
