import { describe, expect, test } from 'vitest';
import type { CalendarRule, Trigger } from '../../src/runbook/model/criteria.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import { openDebts } from '../../src/machine/debts.ts';
import { openWorld, signatureOf } from './fake-world.ts';
import type { TestSession } from './open-test-session.ts';
import { openTestSession } from './open-test-session.ts';
import { bookOfSteps, decideStep, endStep, probeOf, runStep } from '../machine/runbook-builder.ts';

const minute = 60_000;
const somewhere = { file: 'book.yaml', line: 1, column: 1 };

const trigger: Trigger = {
  id: 'err',
  probe: 'errors',
  breach: { op: '>', value: 0.02 },
  clear: { op: '<', value: 0.016 },
  forMs: 2 * minute,
  intervalMs: 10_000,
  minEvents: null,
  events: null,
  advise: 'rollback',
  at: somewhere,
};

const book = (more: Partial<Runbook> = {}): Runbook => ({
  ...bookOfSteps(runStep('swap'), endStep('over')),
  service: 'shop',
  probes: { errors: probeOf('errors', 'errors') },
  triggers: [trigger],
  decide: { kind: 'any', k: 1, triggers: ['err'] },
  roles: [
    { id: 'operator', anyone: true, users: [], signers: null },
    { id: 'commander', anyone: false, users: ['grace', 'linus'], signers: 'keys/allowed_signers' },
  ],
  override: { roles: ['operator'], evidence: 1, secondPerson: false, retroApprovalMs: 24 * 60 * minute },
  ...more,
});

async function opened(runbook: Runbook = book(), errors = 0.001): Promise<TestSession> {
  const world = openWorld();
  world.readings['errors'] = errors;
  const session = await openTestSession({ runbook, world, monitored: true });
  await session.clock.advance(5 * minute);
  return session;
}

const retro = (session: TestSession): string => session.session.view().overrides[0]?.request ?? '';

describe('all triggers green', () => {
  test('a manual start is refused without an override, and works with one and its reason', async () => {
    const session = await opened();
    expect(session.context().triggers['err']?.state).toBe('OK');

    expect(await session.say('run')).toMatchObject({ ok: false, code: 'E_OVERRIDE' });
    expect(session.world.ran).toEqual([]);
    expect(await session.say('override', { reason: '  ' })).toMatchObject({ code: 'E_REASON' });
    expect(await session.say('override', { evidence: [] })).toMatchObject({ code: 'E_EVIDENCE' });
    expect(await session.say('override', { evidence: [{ kind: 'gut', text: ' ' }] })).toMatchObject({
      code: 'E_EVIDENCE',
    });
    expect(await session.say('override', { system: 'shop' })).toMatchObject({ code: 'E_NAME' });
    expect(await session.say('override', { reason: 'customers cannot pay' })).toEqual({ ok: true });

    expect(session.facts('override.used')).toMatchObject([
      {
        by: 'ada',
        over: ['triggers'],
        reason: 'customers cannot pay',
        evidence: [{ kind: 'customer_report', text: 'ticket 7' }],
        due: '2026-03-02T10:05:00.000Z',
      },
    ]);
    expect(await session.say('run')).toEqual({ ok: true });
    expect(session.world.ran).toEqual(['swap#1']);
    expect(session.session.view().overrides).toMatchObject([{ key: 'override-1', approvedBy: null }]);
  });

  test('an override is not for what nothing stands in the way of', async () => {
    const session = await opened(book(), 0.08);
    expect(session.context().triggers['err']?.state).toBe('FIRED');

    expect(await session.say('override')).toMatchObject({ code: 'E_NOT_NOW' });
    expect(await session.say('run')).toEqual({ ok: true });
  });

  test('what fired in this session counts, although it is quiet by now', async () => {
    const session = await opened(book(), 0.08);
    session.world.readings['errors'] = 0.001;
    await session.clock.advance(10 * minute);
    expect(session.context().triggers['err']?.state).not.toBe('FIRED');

    expect(await session.say('run')).toEqual({ ok: true });
  });

  test('only who has the role may override, with a second person where the runbook asks for one', async () => {
    const strict = await opened(
      book({ override: { roles: ['commander'], evidence: 0, secondPerson: false, retroApprovalMs: minute } }),
    );
    await strict.say('run');
    expect(await strict.say('override')).toMatchObject({ code: 'E_DENIED' });

    const paired = await opened(
      book({ override: { roles: ['operator'], evidence: 0, secondPerson: true, retroApprovalMs: minute } }),
    );
    await paired.say('run');
    expect(await paired.say('override')).toMatchObject({ code: 'E_SECOND' });
    expect(await paired.say('override', { second: 'ada' })).toMatchObject({ code: 'E_SECOND' });
    expect(await paired.say('override', { second: 'grace' })).toEqual({ ok: true });
  });
});

describe('the approval afterwards', () => {
  async function ended(): Promise<TestSession> {
    const session = await opened();
    await session.say('override');
    await session.say('run');
    expect(session.context().status).toBe('ended');
    return session;
  }

  test('close is refused until somebody else has signed it', async () => {
    const session = await ended();
    expect(openDebts(session.context()).map(({ key }) => key)).toEqual(['override-1']);
    expect(await session.say('close')).toMatchObject({ code: 'E_DEBTS' });
    expect(await session.say('waive', { key: 'override-1' })).toMatchObject({ code: 'E_RETRO' });
    expect(await session.say('release', { key: 'override-1' })).toMatchObject({ code: 'E_RETRO' });

    const sign = (principal: string, request: string, key?: string) =>
      session.say('approve_override', { principal, signature: signatureOf(principal, request, key) });
    expect(await sign('ada', retro(session))).toMatchObject({ code: 'E_DENIED' });
    expect(await sign('mallory', retro(session))).toMatchObject({ code: 'E_DENIED' });
    expect(await sign('grace', `${retro(session)}more`)).toMatchObject({ code: 'E_DENIED' });
    expect(session.context().status).toBe('ended');
    expect(await sign('grace', retro(session))).toEqual({ ok: true });

    expect(session.context().status).toBe('closed');
    expect(session.session.view().overrides).toMatchObject([{ approvedBy: 'grace' }]);
    expect(session.facts('obligation.discharged')).toMatchObject([
      { key: 'override-1', how: 'proved', by: 'grace' },
    ]);
  });

  test('may be carried to somebody else, no later than it is due; then the session closes and it stays owed', async () => {
    const session = await ended();
    const carry = (owner: string, due: string) => session.say('carry', { key: 'override-1', owner, due });

    expect(await carry('ada', '2026-03-02T09:00:00Z')).toMatchObject({ code: 'E_OWNER' });
    expect(await carry('grace', '2026-03-09T09:00:00Z')).toMatchObject({ code: 'E_DUE' });
    expect(await carry('grace', 'soon')).toMatchObject({ code: 'E_DUE' });
    expect(await carry('grace', '2026-03-02T09:00:00Z')).toEqual({ ok: true });
    expect(session.context().status).toBe('closed');
    expect(session.session.view().obligations).toMatchObject([
      { key: 'override-1', state: 'carried', owner: 'grace' },
    ]);
  });

  test('what is signed is one line a value: a reason cannot pretend to be another line', async () => {
    const session = await opened();
    await session.say('override', { reason: 'fine\ndue: never' });

    expect(retro(session).split('\n')).toContain('reason: fine due: never');
  });

  test('survives a restart', async () => {
    const first = await opened();
    await first.say('override');
    const second = await first.dies('resumed');

    expect(second.session.view().overrides).toHaveLength(1);
    expect(await second.say('run')).toEqual({ ok: true });
    expect(await second.say('close')).toMatchObject({ code: 'E_DEBTS' });
  });
});

describe('the calendar at a start', () => {
  const peak: CalendarRule = {
    id: 'peak',
    recurrence: { kind: 'cron', pattern: '0 8 * * *', forMs: 6 * 60 * minute },
    tz: 'Europe/Berlin',
    effect: 'forbid',
    classes: ['rollback'],
    at: somewhere,
  };
  const atPeak = (more: Partial<Runbook> = {}) =>
    opened(book({ triggers: [], decide: null, override: null, calendar: [peak], ...more }));

  test('a planned rollback is refused in a forbidden time, with the next quiet one', async () => {
    const session = await atPeak();
    const answer = await session.say('run');

    expect(answer).toMatchObject({ code: 'E_CALENDAR' });
    expect(answer).toMatchObject({
      message: expect.stringContaining('peak until 14:00 Europe/Berlin, next quiet 14:00'),
    });
    expect(session.session.view().calendar).toMatchObject({
      state: 'forbid',
      quietAt: '2026-03-01T13:00:00.000Z',
    });
    await session.clock.advance(3 * 60 * minute);
    expect(await session.say('run')).toEqual({ ok: true });
  });

  test('an emergency passes with a reason, and that is recorded', async () => {
    const session = await atPeak();
    expect(await session.say('override', { reason: '' })).toMatchObject({ code: 'E_REASON' });
    expect(await session.say('override', { reason: 'checkout is down', evidence: [] })).toEqual({ ok: true });

    expect(await session.say('run')).toEqual({ ok: true });
    expect(session.facts('override.used')).toMatchObject([
      { over: ['calendar'], reason: 'checkout is down', due: null },
    ]);
    expect(session.context().status).toBe('closed');
  });

  test('an emergency needs authority as well: without it, a second person and an approval afterwards', async () => {
    const session = await atPeak({ authority: [{ when: null, start: ['commander'] }] });
    expect(await session.say('run')).toMatchObject({ code: 'E_AUTHORITY' });
    expect(await session.say('override', { second: null })).toMatchObject({ code: 'E_SECOND' });
    expect(await session.say('override', { second: 'grace' })).toEqual({ ok: true });

    expect(session.facts('override.used')).toMatchObject([
      { over: ['authority', 'calendar'], second: 'grace' },
    ]);
    expect(await session.say('run')).toEqual({ ok: true });
    expect(session.facts('authority.checked')).toMatchObject([{ role: 'break-glass', level: 'L0' }]);
    expect(await session.say('close')).toMatchObject({ code: 'E_DEBTS' });
  });

  test('its word is recorded with every decision', async () => {
    const session = await opened({
      ...bookOfSteps(decideStep('way', { back: 'next' }), runStep('swap'), endStep('over')),
      calendar: [peak],
    });

    expect(session.at().question?.facts).toMatchObject([
      {
        subject: 'calendar',
        result: 'fail',
        value: expect.stringContaining('peak until 14:00 Europe/Berlin'),
      },
    ]);
  });
});
