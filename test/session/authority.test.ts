import { describe, expect, test } from 'vitest';
import type { Role, Runbook } from '../../src/runbook/model.ts';
import type { Step } from '../../src/runbook/model/step.ts';
import { answerIntent } from '../../src/session/answer.ts';
import { settled } from './fake-clock.ts';
import { openWorld, signatureOf, taken } from './fake-world.ts';
import type { TestSession } from './open-test-session.ts';
import { openTestSession } from './open-test-session.ts';
import {
  bookOfSteps,
  commandOf,
  endStep,
  expressionOf,
  manualStep,
  probeOf,
  runStep,
} from '../machine/runbook-builder.ts';

const minute = 60_000;
const roles: readonly Role[] = [
  { id: 'operator', anyone: true, users: [], signers: null },
  { id: 'commander', anyone: false, users: ['grace'], signers: null },
];

const windowed = (more: Partial<Runbook> = {}, ...steps: readonly Step[]): Runbook => ({
  ...bookOfSteps(...(steps.length > 0 ? steps : [runStep('swap'), runStep('restart'), endStep('over')])),
  roles,
  authority: [
    { when: expressionOf('window.open'), start: ['operator'] },
    { when: expressionOf('window.extended || window.closed'), start: ['commander'] },
  ],
  window: {
    opens: 'release.finished',
    openedAt: null,
    events: probeOf('pipeline', 'events'),
    evaluateMs: 30 * minute,
    extendedMs: 24 * 60 * minute,
    closesOn: ['contract_migration'],
  },
  ...more,
});

const signing = (book: Runbook): Runbook => ({
  ...book,
  roles: book.roles.map((role) =>
    role.id === 'commander' ? { ...role, signers: 'keys/allowed_signers' } : role,
  ),
});

/** The release finished when the session begins, at 10:00. */
async function opened(runbook: Runbook = windowed()) {
  const world = openWorld();
  world.readings['pipeline'] = taken([
    { id: 'deploy-7', event: 'release.finished', at: '2026-03-01T10:00:00.000Z' },
  ] as never);
  return openTestSession({ runbook, world, monitored: true });
}

/** Somebody says run of the step at hand. */
async function runAs(session: TestSession, by: string) {
  const { place, attempt, shown } = session.at();
  const answer = await answerIntent(
    session.session,
    { type: 'run', place, attempt, typed: shown?.name ?? null },
    by,
  );
  await settled();
  return answer;
}

describe('who may start', () => {
  test('the same session, two people, two times: allowed and denied as the rules say', async () => {
    const early = await opened();
    await early.clock.advance(29 * minute);
    expect(await runAs(early, 'sam')).toEqual({ ok: true });
    expect(early.facts('authority.checked')).toMatchObject([
      { by: 'sam', phase: 'main', step: 'swap', role: 'operator', level: 'L0', rule: 1 },
    ]);

    const late = await opened();
    await late.clock.advance(31 * minute);
    expect(await runAs(late, 'sam')).toMatchObject({ ok: false, code: 'E_AUTHORITY' });
    expect(late.world.ran).toEqual([]);
    expect(late.facts('authority.denied')).toMatchObject([
      { by: 'sam', phase: 'main', intent: 'run', blocks: [{ kind: 'authority' }], roles: ['commander'] },
    ]);
    expect(await runAs(late, 'grace')).toEqual({ ok: true });
    expect(late.world.ran).toEqual(['swap#1']);
    expect(late.facts('authority.checked')).toMatchObject([{ by: 'grace', role: 'commander', rule: 2 }]);
  });

  test('a denial offers a way on, and stays on the screen until somebody is let through', async () => {
    const session = await opened();
    await session.clock.advance(31 * minute);
    const answer = await runAs(session, 'sam');

    expect(answer).toMatchObject({ next: expect.stringMatching(/Escalate.*signature.*break glass/) });
    expect(session.session.view().denial).toMatchObject({ by: 'sam', roles: ['commander'] });
    await runAs(session, 'grace');
    expect(session.session.view().denial).toBeNull();
  });

  test('who was let into a phase is not stopped half way through it', async () => {
    const session = await opened();
    await session.clock.advance(29 * minute);
    await runAs(session, 'sam');
    await session.clock.advance(5 * minute);
    expect(session.session.view().window?.state).toBe('extended');

    expect(session.at().place.step).toBe('restart');
    expect(await runAs(session, 'sam')).toEqual({ ok: true });
    expect(session.facts('authority.checked')).toHaveLength(1);
  });

  test('no rule that matches denies, and one that is not known to match lets nobody in whom it does not name', async () => {
    const nobody = await opened(
      windowed({ authority: [{ when: expressionOf('window.closed'), start: ['operator'] }] }),
    );
    await nobody.clock.advance(minute);
    expect(await runAs(nobody, 'sam')).toMatchObject({ code: 'E_AUTHORITY' });

    const unknown = await opened(
      windowed({
        authority: [
          { when: expressionOf('window.left > duration("1m")'), start: ['commander'] },
          { when: null, start: ['operator'] },
        ],
        window: null,
      }),
    );
    await unknown.clock.advance(minute);
    expect(await runAs(unknown, 'sam')).toMatchObject({ code: 'E_AUTHORITY' });
    expect(await runAs(unknown, 'grace')).toEqual({ ok: true });
  });

  test('a rule about another phase does not hold here', async () => {
    const session = await opened(
      windowed({
        authority: [
          { when: null, phases: ['other'], start: ['operator'] },
          { when: null, start: ['commander'] },
        ],
      }),
    );
    await session.clock.advance(minute);
    expect(await runAs(session, 'sam')).toMatchObject({ code: 'E_AUTHORITY' });
    expect(await runAs(session, 'grace')).toEqual({ ok: true });
  });

  test('giving back is never held up', async () => {
    const session = await opened(
      windowed(
        {},
        runStep('swap', { undo: { command: commandOf('put', 'back'), verify: null } }),
        runStep('next'),
        endStep('over'),
      ),
    );
    await session.clock.advance(minute);
    await runAs(session, 'sam');
    await session.clock.advance(40 * minute);
    await session.say('abort');
    expect(session.at().way).toBe('undo');
    expect(await runAs(session, 'sam')).toEqual({ ok: true });
  });
});

describe('a role that lists keys', () => {
  test('is proved by a signature over the request, which lets the phase start', async () => {
    const session = await opened(signing(windowed()));
    await session.clock.advance(31 * minute);
    expect(await runAs(session, 'grace')).toMatchObject({ code: 'E_AUTHORITY' });
    const request = session.session.view().authorityRequest;
    expect(request?.request).toMatch(
      /^walkback authority request 1\nsession: session\nasks: start of the phase main\n/,
    );

    expect(
      await session.say('prove', {
        principal: 'mallory',
        signature: signatureOf('mallory', request?.request ?? ''),
      }),
    ).toMatchObject({ code: 'E_DENIED' });
    expect(
      await session.say('prove', { principal: 'grace', signature: signatureOf('grace', 'other') }),
    ).toMatchObject({
      code: 'E_DENIED',
    });
    expect(
      await session.say('prove', {
        principal: 'grace',
        signature: signatureOf('grace', request?.request ?? ''),
      }),
    ).toEqual({ ok: true });
    expect(await runAs(session, 'sam')).toEqual({ ok: true });
    expect(session.facts('authority.checked')).toMatchObject([{ by: 'sam', role: 'commander', level: 'L1' }]);
  });

  test('a request that has expired proves nothing, and another is asked for', async () => {
    const session = await opened(signing(windowed()));
    await session.clock.advance(31 * minute);
    await runAs(session, 'sam');
    const old = session.session.view().authorityRequest?.request ?? '';
    await session.clock.advance(16 * minute);

    expect(
      await session.say('prove', { principal: 'grace', signature: signatureOf('grace', old) }),
    ).toMatchObject({
      code: 'E_NOT_OFFERED',
    });
    await runAs(session, 'sam');
    const fresh = session.session.view().authorityRequest?.request ?? '';
    expect(fresh).not.toBe(old);
    expect(
      await session.say('prove', { principal: 'grace', signature: signatureOf('grace', old) }),
    ).toMatchObject({
      code: 'E_DENIED',
    });
  });
});

describe('escalation', () => {
  const paged = windowed({
    escalate: [
      { afterMs: 3 * minute, to: 'commander', command: commandOf('page', 'commander') },
      { afterMs: 8 * minute, to: 'operator', command: commandOf('page', 'operator') },
    ],
  });

  test('without an answer in 3 minutes the command runs once, and the screen says who is next and when', async () => {
    const session = await opened(paged);
    await session.clock.advance(minute);
    expect(session.session.view().escalation).toEqual({
      asked: [],
      next: { to: 'commander', at: '2026-03-01T10:03:00.000Z' },
    });
    await session.clock.advance(minute + 30_000);
    expect(session.facts('escalation.sent')).toEqual([]);
    await session.clock.advance(4 * minute);

    expect(session.facts('escalation.sent')).toMatchObject([{ to: 'commander' }]);
    expect(session.world.measured.filter((one) => one === 'page commander')).toHaveLength(1);
    expect(session.session.view().escalation).toMatchObject({
      asked: [{ to: 'commander' }],
      next: { to: 'operator', at: '2026-03-01T10:08:00.000Z' },
    });
  });

  test('survives a restart: who was called is not called again, and the time goes on', async () => {
    const first = await opened(paged);
    await first.clock.advance(4 * minute);
    const second = await first.dies('resumed');
    await second.clock.advance(2 * minute);
    expect(second.facts('escalation.sent')).toHaveLength(1);
    await second.clock.advance(3 * minute);

    expect(second.facts('escalation.sent')).toMatchObject([{ to: 'commander' }, { to: 'operator' }]);
  });

  test('waits for people in real time, however fast the clock of a drill runs', async () => {
    const world = openWorld();
    const drill = await openTestSession({
      runbook: paged,
      world,
      monitored: true,
      started: { mode: 'DRILL', speed: 10 },
    });
    await drill.clock.advance(minute);

    expect(drill.facts('escalation.sent')).toEqual([]);
  });
});

describe('a change that is done by hand', () => {
  const byHand = () =>
    windowed({}, manualStep('valve', 'turns the valve'), manualStep('tap', 'turns the tap'), endStep('over'));

  test('is started by who may, before it is done: denied as a command is, and let in by override', async () => {
    const session = await opened(byHand());
    await session.clock.advance(45 * minute);

    expect(session.at()).toMatchObject({
      status: 'ready',
      offers: [{ intent: 'run', confirm: 'yes' }, { intent: 'skip' }],
    });
    expect(await runAs(session, 'ada')).toMatchObject({ code: 'E_AUTHORITY' });
    expect(session.facts('authority.denied')).toMatchObject([{ by: 'ada', step: 'valve' }]);
    expect(session.at().status).toBe('ready');
    expect(await runAs(session, 'grace')).toEqual({ ok: true });
    expect(session.facts('authority.checked')).toMatchObject([
      { by: 'grace', role: 'commander', step: 'valve' },
    ]);

    expect(session.at().offers.map(({ intent }) => intent)).toEqual(['report', 'skip']);
    expect(await session.say('report')).toEqual({ ok: true });
    // let into the phase: the next one is begun by reading it
    expect(session.at()).toMatchObject({ place: { step: 'tap' }, status: 'performing' });
  });

  test('needs no start of its own where nothing gates a start', async () => {
    const session = await opened({ ...byHand(), authority: [] });

    expect(session.at()).toMatchObject({ place: { step: 'valve' }, status: 'performing' });
  });
});
