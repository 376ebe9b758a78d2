import { expect, test } from 'vitest';
import { statisticsOf } from '../../src/judge/statistics.ts';
import type { Deployment, SessionFigure } from '../../src/judge/session-figure.ts';

const day = 86_400_000;
const minute = 60_000;
const seconds = (value: number): number => value * 1000;

/** A production session of the shop that began at noon of a day; its times are seconds after that. */
function session(
  onDay: number,
  times: { readonly [Name in 'failed' | 'detected' | 'decided' | 'recovered' | 'given']?: number },
  over: Partial<SessionFigure> = {},
): SessionFigure {
  const at = (value: number | undefined): number | null => (value === undefined ? null : seconds(value));
  return {
    mode: 'LIVE',
    production: true,
    service: 'shop',
    environment: 'production',
    runbook: 'shop_rollback',
    release: null,
    startedMs: onDay * day + day / 2,
    failed: at(times.failed),
    detected: at(times.detected),
    decided: at(times.decided),
    recovered: at(times.recovered),
    givenBack: at(times.given),
    ended: 20 * minute,
    outcome: 'rolled_back',
    told: null,
    toldRelease: null,
    ...over,
  };
}

const deployed = (onDay: number, release: string, over: Partial<Deployment> = {}): Deployment => ({
  service: 'shop',
  environment: 'production',
  production: true,
  release,
  finishedMs: onDay * day,
  committedMs: null,
  unplanned: false,
  ...over,
});

/** Ten days: nine deployments to production (r9 is rework), one to staging. */
const allDeployments = [
  ...[1, 2, 3, 4, 5, 6, 7, 8].map((n) => deployed(n, `r${n}`, { committedMs: (n - 1) * day })),
  deployed(9, 'r9', { unplanned: true }),
  deployed(4, 'r4', { environment: 'staging', production: false }),
];
const sessions = [
  // r3 failed twice: 30 s before it was seen, and again the same day
  session(3, { failed: -30, detected: 0, decided: 60, recovered: 240, given: 300 }, { release: 'r3' }),
  session(3, { decided: 100, recovered: 300 }, { release: 'r3' }),
  session(5, { detected: 5, decided: 25, recovered: 85 }, { told: 'external', release: 'r5' }),
  // a change that no pipeline told of
  session(6, { decided: 40, recovered: 140 }, { told: 'change', release: 'hotfix' }),
  session(7, { decided: 50 }, { service: 'mail', runbook: 'mail_rollback' }),
  session(8, { decided: 10 }, { release: 'r8', outcome: 'not_needed' }),
  session(4, { decided: 10, recovered: 20 }, { environment: 'staging', production: false, release: 'r4' }),
  session(2, { detected: 1, decided: 2, recovered: 3 }, { mode: 'DRILL', release: 'r2' }),
];
const span = { fromMs: 0, toMs: 10 * day };
const counted = statisticsOf({ sessions, allDeployments, ...span });

test('E6: the change fail rate counts each production deployment once, with Wilson’s interval', () => {
  const { changeFailRate, deployments, perDay } = counted.dora;
  expect(changeFailRate).toMatchObject({ k: 1, n: 9 });
  // (1/9 + z²/18 ± z·√(8/729 + z²/324)) / (1 + z²/9) with z = 1.96
  expect(changeFailRate.low).toBeCloseTo(0.0199, 4);
  expect(changeFailRate.high).toBeCloseTo(0.435, 3);
  expect([deployments, perDay]).toEqual([9, 0.9]);
});

test('E6: the recovery of a failed deployment runs from its first failure to the last proof of recovery', () => {
  const { recoveryTime, leftOut } = counted.dora;
  // r3: from 30 s before noon to 300 s after it; the hotfix: 140 s from the start of its session
  expect(recoveryTime).toMatchObject({
    n: 2,
    p50: { value: seconds(140) },
    p80: { value: seconds(330) },
    from: { breach: 1, detection: 0, session: 1 },
    notRecovered: 0,
  });
  expect(leftOut).toEqual({ notTold: 1, notRecorded: 1, external: 1 });
});

test('E6: rework is the share of unplanned deployments, and lead time is known only where the feed has it', () => {
  expect(counted.dora.reworkRate).toMatchObject({ k: 1, n: 9 });
  expect(counted.dora.leadTime).toMatchObject({ n: 8, p50: { value: day } });
});

test('drills are in no figure of live sessions', () => {
  expect(counted.live.sessions).toBe(7);
  expect(counted.drills).toMatchObject({
    sessions: 1,
    durations: { decide: { n: 1, p50: { value: seconds(1) } } },
  });
});

test('R7.4: parts are counted with their n, quantiles and intervals', () => {
  const { detect, decide, restore, giveBack } = counted.live.durations;
  expect(detect).toMatchObject({ n: 1, p50: { value: seconds(30), low: null, high: null } });
  // 60, 100, 20, 40, 50, 10, 10 s → 10 10 20 40 50 60 100; of seven the interval of the median is all of them
  expect(decide).toEqual({
    n: 7,
    p50: { value: seconds(40), low: seconds(10), high: seconds(100) },
    p80: { value: seconds(60), low: seconds(20), high: null },
    p95: { value: seconds(100), low: seconds(50), high: null },
  });
  // 180, 200, 60, 100, 10 s
  expect(restore).toMatchObject({ n: 5, p50: { value: seconds(100) }, p80: { value: seconds(180) } });
  expect(giveBack).toMatchObject({ n: 1, p50: { value: seconds(240) } });
});

test('R7.4: groups stand in the order of their names, each with the deployments that it belongs to', () => {
  const names = (by: keyof typeof counted.by) =>
    counted.by[by].map(({ name, sessions: n, perDeployment }) => [
      name,
      n,
      perDeployment?.k ?? null,
      perDeployment?.n ?? null,
    ]);
  expect(names('service')).toEqual([
    ['mail', 1, 0, 0],
    ['shop', 6, 3, 10],
  ]);
  expect(names('cause')).toEqual([
    ['change', 5, 3, 10],
    ['external', 1, 0, 10],
    ['not told', 1, 0, 10],
  ]);
  expect(names('runbook').map(([name]) => name)).toEqual(['mail_rollback', 'shop_rollback']);
});

test('outcomes are shares of the sessions that have ended', () => {
  expect(counted.live.outcomes).toMatchObject([
    { outcome: 'not_needed', k: 1, n: 7 },
    { outcome: 'rolled_back', k: 6, n: 7 },
  ]);
  const open = [session(1, {}, { ended: null, outcome: null })];
  const { live } = statisticsOf({ sessions: open, allDeployments: [], ...span });
  expect(live).toMatchObject({ sessions: 1, open: 1, outcomes: [], perDeployment: { n: 0, share: null } });
});

test('a deployment before the span is no deployment of it, though a session of the span belongs to it', () => {
  const late = statisticsOf({ sessions, allDeployments, fromMs: 3.25 * day, toMs: 10 * day });
  expect(late.dora.changeFailRate).toMatchObject({ k: 0, n: 6 });
  expect(late.dora.recoveryTime.n).toBe(2);
});

test('the trend counts every session once', () => {
  expect(counted.trend).toEqual({
    everyMs: day,
    live: [0, 0, 0, 2, 1, 1, 1, 1, 1, 0],
    drills: [0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
  });
});
