import { expect, test } from 'vitest';
import type { PostmortemDuty } from '../../src/runbook/model/postmortem.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import { bookOfSteps, endStep, runStep } from '../machine/runbook-builder.ts';
import { driveOn } from './drive-on.ts';
import { openTestSession, type Setting, type TestSession } from './open-test-session.ts';

const every: PostmortemDuty = {
  requiredIf: ['production', 'override', 'data_loss', 'target_missed', 'rollback_failed'],
  due: { kind: 'business_days', days: 5 },
  owner: 'payments',
};

const book = (more: Partial<Runbook> = {}): Runbook => ({
  ...bookOfSteps(runStep('swap'), endStep('over')),
  objectiveMs: 600_000,
  postmortem: every,
  ...more,
});

async function closed(runbook: Runbook, started: Setting['started'] = {}): Promise<TestSession> {
  const session = await openTestSession({ runbook, started });
  await driveOn(session);
  expect(session.session.view().status).toBe('closed');
  return session;
}

const owed = (session: TestSession) =>
  session.facts('obligation.opened').filter(({ obligation }) => obligation.key === 'post-mortem');

test('R7.1: a session in production owes its post-mortem five business days after its close, and closes all the same', async () => {
  const session = await closed(book(), { production: true });

  // closed on a Sunday: Monday is the first of the five
  expect(owed(session)).toMatchObject([
    { due: '2026-03-06T10:00:00.000Z', reason: 'required: production', by: 'walkback' },
  ]);
  expect(session.facts('obligation.discharged').at(-1)).toMatchObject({
    key: 'post-mortem',
    how: 'carried',
    owner: 'payments',
  });
  expect(session.types().at(-1)).toBe('session.closed');
  expect(session.facts('session.closed')).toEqual([{ type: 'session.closed', openDebts: 1 }]);
});

test.each([
  ['outside production with nothing out of the ordinary', {}, book()],
  ['in a drill', { production: true, mode: 'DRILL' as const }, book()],
  ['without the block', { production: true }, book({ postmortem: null })],
  [
    'for a cause that the runbook does not name',
    { production: true },
    book({ postmortem: { ...every, requiredIf: ['override'] } }),
  ],
])('owes none %s', async (_what, started, runbook) => {
  expect(owed(await closed(runbook, started))).toEqual([]);
});

test.each([
  ['break-glass', { review: 'break_glass' as const }, book(), 'override'],
  [
    'an end that is no rollback',
    {},
    book({ phases: bookOfSteps(runStep('swap'), endStep('over', 'not_possible')).phases }),
    'rollback failed',
  ],
  ['a missed objective', {}, book({ objectiveMs: -1 }), 'target missed'],
])('owes one after %s', async (_what, started, runbook, because) => {
  expect(owed(await closed(runbook, started)).map(({ reason }) => reason)).toEqual([`required: ${because}`]);
});

test('a step that was skipped by override is a cause', async () => {
  const session = await openTestSession({ runbook: book() });
  await session.say('skip', { override: true, reason: 'done by hand' });
  await driveOn(session);

  expect(owed(session).map(({ reason }) => reason)).toEqual(['required: override']);
});

test('a due time that is a duration is counted in hours', async () => {
  const runbook = book({ postmortem: { ...every, due: { kind: 'time', ms: 48 * 3_600_000 } } });
  const session = await closed(runbook, { production: true });
  expect(owed(session)[0]?.due).toBe('2026-03-03T10:00:00.000Z');
});
