import { describe, expect, test } from 'vitest';
import { taken, openWorld } from './fake-world.ts';
import type { TestClock } from './fake-clock.ts';
import { settled, twoClocks } from './fake-clock.ts';
import { openTestSession } from './open-test-session.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Step } from '../../src/runbook/model/step.ts';
import type { Window } from '../../src/runbook/model/criteria.ts';
import { steadyTime } from '../../src/session/steady-time.ts';
import { bookOfSteps, endStep, placeFor, probeOf, runStep } from '../machine/runbook-builder.ts';

const minute = 60_000;
const begin = Date.parse('2026-03-01T10:00:00.000Z');
const iso = (minutes: number): string => new Date(begin + minutes * minute).toISOString();

const window: Window = {
  opens: 'release.finished',
  openedAt: null,
  events: probeOf('pipeline', 'events'),
  evaluateMs: 30 * minute,
  extendedMs: 24 * 60 * minute,
  closesOn: ['contract_migration'],
};

const bookWith = (over: Partial<Window> = {}, ...steps: readonly Step[]): Runbook => ({
  ...bookOfSteps(...(steps.length > 0 ? steps : [runStep('swap'), endStep('over')])),
  window: { ...window, ...over },
});

const released = { id: 'deploy-7', event: 'release.finished', at: iso(0) };

async function opened(events: readonly object[] = [released], runbook: Runbook = bookWith()) {
  const world = openWorld();
  world.readings['pipeline'] = taken(events as never);
  const session = await openTestSession({ runbook, world, monitored: true });
  return { ...session, world, window: () => session.session.view().window };
}

describe('the window', () => {
  test('is open from the deploy event on, and says which event that was', async () => {
    const { window, clock } = await opened();
    await clock.advance(2000);

    expect(window()).toMatchObject({ state: 'open', until: iso(30), event: 'deploy-7' });
  });

  test('is open at T+29m, extended at T+31m and closed at T+24h', async () => {
    const { window, clock } = await opened();

    await clock.advance(29 * minute);
    expect(window()).toMatchObject({ state: 'open' });
    await clock.advance(2 * minute);
    expect(window()).toMatchObject({ state: 'extended', until: iso(24 * 60) });
    await clock.advance(24 * 60 * minute);
    expect(window()).toMatchObject({ state: 'closed', until: null });
  });

  test('is closed by a migration tagged contract at T+5m, for that reason', async () => {
    const { window, clock, world } = await opened();
    await clock.advance(4 * minute);
    expect(window()).toMatchObject({ state: 'open' });

    world.readings['pipeline'] = taken([
      released,
      { id: '006', event: 'contract_migration', at: iso(5) },
    ] as never);
    await clock.advance(2 * minute);

    expect(window()).toMatchObject({ state: 'closed', event: '006' });
    expect(window()?.reason).toMatch(/^contract_migration 006 at 2026-03-01T10:05:00.000Z/);
  });

  test('is closed by a step of the session that stands for such an event, once it was done', async () => {
    const { window, clock, say } = await opened(
      [released],
      bookWith({}, runStep('drop', { tags: ['contract_migration'] }), runStep('next'), endStep('over')),
    );
    await clock.advance(minute);
    expect(window()).toMatchObject({ state: 'open' });

    await say('run');
    await clock.advance(2000);
    expect(window()).toMatchObject({ state: 'closed', event: 'drop#1' });
  });

  test('is not open while nobody knows when the release was finished, until a person tells it with a source', async () => {
    const { window, clock, say, facts } = await opened([]);
    await clock.advance(2000);
    expect(window()).toMatchObject({ state: 'extended', until: null, leftMs: null });

    const event = 'release.finished';
    expect(await say('tell_event', { event, at: 'soon' })).toMatchObject({ code: 'E_TIME' });
    expect(await say('tell_event', { event, at: '2026-03-01T11:00:00Z' })).toMatchObject({ code: 'E_TIME' });
    expect(await say('tell_event', { event, at: 'now', source: ' ' })).toMatchObject({ code: 'E_REASON' });
    expect(await say('tell_event', { event: 'other' })).toMatchObject({ code: 'E_EVENT' });
    expect(await say('tell_event', { event, at: '09:50', source: 'the pipeline run 7' })).toEqual({
      ok: true,
    });
    await clock.advance(1000);

    expect(window()).toMatchObject({ state: 'open', until: iso(20) });
    expect(facts('event.reported')).toMatchObject([{ by: 'ada', source: 'the pipeline run 7' }]);
  });

  test('is not open while nobody sees whether something closed it', async () => {
    const { window, clock, world } = await opened();
    await clock.advance(minute);
    world.readings['pipeline'] = { ok: false, code: 'timeout', detail: 'no answer' };
    await clock.advance(minute);

    expect(window()).toMatchObject({ state: 'extended' });
    expect(window()?.reason).toContain('timeout');
    world.readings['pipeline'] = taken([released] as never);
    await clock.advance(minute);
    expect(window()).toMatchObject({ state: 'open' });
  });

  test('takes the time of the release from an input', async () => {
    const runbook = bookWith({ events: null, openedAt: placeFor('inputs.finished') });
    const { session, clock } = await openTestSession({
      runbook,
      inputs: { finished: iso(-10) },
      monitored: true,
    });
    await clock.advance(2000);

    expect(session.view().window).toMatchObject({ state: 'open', until: iso(20) });
  });

  test('stays what it was over a restart, and goes on from the deploy event', async () => {
    const first = await opened();
    await first.clock.advance(10 * minute);
    const second = await first.dies('resumed');
    await second.clock.advance(minute);

    expect(second.session.view().window).toMatchObject({ state: 'open', until: iso(30), event: 'deploy-7' });
    expect(second.facts('event.reported')).toHaveLength(1);
    await second.clock.advance(20 * minute);
    expect(second.session.view().window).toMatchObject({ state: 'extended' });
  });

  test('rings at 25 %, 10 % and 0 of what is left, once each, also over a restart', async () => {
    const first = await opened();
    await first.clock.advance(23 * minute);
    expect(first.facts('window.rang').map(({ share }) => share)).toEqual([25]);
    const second = await first.dies('resumed');
    await second.clock.advance(3 * minute);
    expect(second.facts('window.rang').map(({ share }) => share)).toEqual([25]);
    await second.clock.advance(2 * minute);
    expect(second.facts('window.rang').map(({ share }) => share)).toEqual([25, 10]);
    await second.clock.advance(3 * minute);

    expect(second.facts('window.rang')).toMatchObject([
      { state: 'open', share: 25 },
      { state: 'open', share: 10 },
      { state: 'extended', share: 0 },
    ]);
  });
});

describe('a step of the wall clock', () => {
  test('of more than 2 s is on record and on the screen; a correction of less is not', async () => {
    const clock = twoClocks();
    const { session, facts } = await openTestSession({ runbook: bookWith(), clock, monitored: true });
    await clock.advance(1000);
    clock.step(1900);
    await clock.advance(2000);
    expect(facts('clock.jumped')).toEqual([]);

    clock.step(3_600_000);
    await clock.advance(2000);
    expect(facts('clock.jumped')).toEqual([{ type: 'clock.jumped', byMs: 3_601_900 }]);
    expect(session.view().clockJumps).toMatchObject([{ byMs: 3_601_900 }]);
    clock.step(-7_200_000);
    await clock.advance(2000);
    expect(session.view().clockJumps).toHaveLength(2);
  });

  test('moves no deadline: time goes on as it did', async () => {
    const clock = twoClocks();
    const steady = steadyTime(clock);
    const before = steady();
    clock.step(86_400_000);
    await clock.advance(5000);

    expect(steady() - before).toBe(5000);
    await settled();
  });

  test('counts the sleep of the machine as time that went by, not as a step', async () => {
    const clock = twoClocks();
    let slept = 0;
    const asleep: TestClock = { ...clock, uptime: () => clock.mono() + slept };
    const { facts } = await openTestSession({ runbook: bookWith(), clock: asleep, monitored: true });
    const steady = steadyTime(asleep);
    const before = steady();
    slept = 7_200_000;
    clock.step(7_200_000);
    await clock.advance(2000);

    expect(facts('clock.jumped')).toEqual([]);
    expect(steady() - before).toBe(7_202_000);
  });
});
