import { describe, expect, test } from 'vitest';
import type { TestSession } from '../open-test-session.ts';
import { criteriaBook, openMetrics, watchedSession } from './metrics-world.ts';

const healthy = { perSecond: 20, errors: 0.001 };
const failing = { perSecond: 20, errors: 0.08 };

const book = criteriaBook(`
triggers:
  - id: err
    probe: errors
    breach: '> 0.02'
    for: 1m
    interval: 5s
    min_events: 100
    events: count
    up: up{job="shop"}
    set_by: Ada of product
    advise: rollback
decide: { any: [err] }
`);

const states = (session: TestSession): readonly string[] =>
  session.facts('trigger.changed').map(({ state, code }) => (code === null ? state : `${state} ${code}`));

describe('a trigger in a session', () => {
  test('8 % errors fire when they have lasted for `for`, give or take an interval, and advise a rollback', async () => {
    const metrics = openMetrics();
    await metrics.pass(180, healthy);
    const session = await watchedSession(metrics, book);
    await metrics.pass(30, healthy);
    expect(states(session)).toEqual(['OK']);

    let seconds = 0;
    while (!states(session).includes('FIRED') && seconds < 200) {
      await metrics.pass(5, failing);
      seconds += 5;
    }
    const pending = session.log
      .facts()
      .find(({ fact }) => fact.type === 'trigger.changed' && fact.state === 'PENDING');
    const fired = session.log
      .facts()
      .find(({ fact }) => fact.type === 'trigger.changed' && fact.state === 'FIRED');
    const lasted = (Date.parse(fired?.at ?? '') - Date.parse(pending?.at ?? '')) / 1000;
    expect(lasted).toBeGreaterThanOrEqual(55);
    expect(lasted).toBeLessThanOrEqual(65);
    expect(session.facts('trigger.changed').at(-1)).toMatchObject({
      detail: '8 % > 2 % for 1 min, 100 % of samples',
    });
    expect(session.facts('advice.changed').at(-1)).toMatchObject({ advice: 'rollback' });
  });

  test('every reading is kept beside the chain once, also those that change nothing', async () => {
    const metrics = openMetrics();
    await metrics.pass(180, healthy);
    const session = await watchedSession(metrics, book);
    await metrics.pass(30, healthy);
    expect(states(session)).toEqual(['OK']);
    const { samples } = session.log;
    const times = samples.map(({ at }) => at);
    expect(new Set(samples.map(({ series }) => series))).toEqual(new Set(['err']));
    expect(times).toEqual([...new Set(times)].toSorted((one, other) => one - other));
    // two windows of a minute before it, and what came since
    expect(samples.length).toBeGreaterThan(26);
  });

  test('a spike of twenty seconds does not fire', async () => {
    const metrics = openMetrics();
    await metrics.pass(180, healthy);
    const session = await watchedSession(metrics, book);
    await metrics.pass(30, healthy);
    await metrics.pass(20, { perSecond: 20, errors: 0.3 });
    await metrics.pass(120, healthy);
    expect(states(session)).toEqual(['OK', 'PENDING', 'OK']);
  });

  test('a target that dies is unknown within two intervals, and blind after `for`: investigate', async () => {
    const metrics = openMetrics();
    await metrics.pass(180, healthy);
    const session = await watchedSession(metrics, book);
    await metrics.pass(30, healthy);
    await metrics.pass(10, null);
    expect(states(session)).toEqual(['OK', 'UNKNOWN target_down']);
    expect(session.facts('trigger.blind')).toEqual([]);

    await metrics.pass(60, null);
    expect(session.facts('trigger.blind')).toMatchObject([{ id: 'err', code: 'target_down', forMs: 60_000 }]);
    expect(session.session.view().triggers).toMatchObject([{ state: 'UNKNOWN', blind: true }]);
    expect(session.session.view().advice).toMatchObject({ advice: 'investigate' });

    await metrics.pass(90, healthy);
    expect(session.session.view().triggers[0]).toMatchObject({ state: 'OK' });
    expect(session.session.view().triggers[0]).not.toHaveProperty('blind');
    expect(session.session.view().advice).toMatchObject({ advice: 'healthy' });
  });

  test('what was sampled while the target was down does not count when it is back', async () => {
    const metrics = openMetrics();
    await metrics.pass(180, failing);
    const session = await watchedSession(metrics, book);
    await metrics.pass(5, failing);
    expect(states(session).at(-1)).toBe('FIRED');
    await metrics.pass(40, null);
    await metrics.pass(10, failing);
    expect(states(session).at(-1)).toBe('UNKNOWN coverage');
  });

  test('three errors in forty requests stay below `min_events`', async () => {
    const metrics = openMetrics();
    const few = { perSecond: 40 / 60, errors: 3 / 40 };
    await metrics.pass(300, few);
    const session = await watchedSession(metrics, book);
    await metrics.pass(60, few);
    expect(states(session)).toEqual(['PENDING']);
    expect(session.facts('trigger.changed')[0]?.detail).toMatch(/but only 40 of 100 events/);
    expect(session.facts('advice.changed').at(-1)).toMatchObject({ advice: 'unknown' });
  });

  test('no traffic at all is not a number, and so unknown', async () => {
    const metrics = openMetrics();
    await metrics.pass(180, { perSecond: 0, errors: 0 });
    const session = await watchedSession(metrics, book);
    await metrics.pass(10, { perSecond: 0, errors: 0 });
    expect(states(session)).toEqual(['UNKNOWN nan']);
    for (const { samples } of session.facts('trigger.changed'))
      expect(samples.every(([, value]) => value === null || Number.isFinite(value))).toBe(true);
  });

  test('one that fired is still fired when the session is taken up again between the limits', async () => {
    const metrics = openMetrics();
    await metrics.pass(180, failing);
    const session = await watchedSession(metrics, book);
    await metrics.pass(60, failing);
    expect(states(session).at(-1)).toBe('FIRED');
    await metrics.pass(180, { perSecond: 20, errors: 0.018 });
    const next = await session.dies('resumed');
    await metrics.pass(20, { perSecond: 20, errors: 0.018 });
    expect(next.session.view().triggers).toMatchObject([{ state: 'FIRED' }]);
  });
});

describe('success criteria', () => {
  const withSuccess = criteriaBook(`
triggers:
  - { id: err, probe: errors, breach: '> 0.02', for: 1m, interval: 5s, advise: rollback }
success:
  - { id: quiet, probe: errors, hold: '< 0.01', for: 30s, interval: 10s }
window: { opens: release.finished, evaluate: 5m, extended: 24h }
`);
  const opened = async () => {
    const metrics = openMetrics();
    await metrics.pass(60, healthy);
    const happenedAt = metrics.clock.now().iso;
    const session = await watchedSession(metrics, withSuccess, {
      past: [
        {
          type: 'event.reported',
          by: 'ada',
          event: 'release.finished',
          id: 'd1',
          happenedAt,
          source: 'the pipeline',
        },
      ],
    });
    return { metrics, session };
  };
  const results = (session: TestSession) =>
    session.facts('success.changed').map(({ result, code }) => code ?? result);

  test('are unknown until the window is over, and only then is the release healthy', async () => {
    const { metrics, session } = await opened();
    await metrics.pass(240, healthy);
    expect(results(session)).toEqual(['window_open']);
    expect(session.session.view().advice).toMatchObject({ advice: 'unknown' });
    await metrics.pass(90, healthy);
    expect(results(session)).toEqual(['window_open', 'pass']);
    expect(session.session.view().advice).toMatchObject({ advice: 'healthy' });
  });

  test('are broken by what no trigger fires at, and that is a reason to investigate', async () => {
    const { metrics, session } = await opened();
    await metrics.pass(60, healthy);
    await metrics.pass(90, { perSecond: 20, errors: 0.015 });
    expect(results(session)).toEqual(['window_open', 'broken']);
    await metrics.pass(10, healthy);
    expect(session.session.view().advice).toMatchObject({ advice: 'investigate' });
  });
});
