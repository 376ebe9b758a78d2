import { describe, expect, test } from 'vitest';
import { epochMsOf, isoOf } from '../../../src/machine/iso-time.ts';
import { evaluateOnce } from '../../../src/session/evaluate.ts';
import type { NumberSource } from '../../../src/session/criteria/trigger-reading.ts';
import type { Fill } from '../../../src/session/ports.ts';
import type { TestSession } from '../open-test-session.ts';
import { criteriaBook, openMetrics, watchedSession, type Metrics } from './metrics-world.ts';

const month = 30 * 86_400;

const book = criteriaBook(`
slo:
  - id: checkout
    target: 0.999
    period: 30d
    prometheus: http://127.0.0.1:1
    bad: requests{status="500"}
    total: requests
    up: up{job="shop"}
window: { opens: release.finished, evaluate: 2h, extended: 24h }
triggers:
  - { id: fast, from_slo: { slo: checkout, budget_share: 2%, within: 1h }, interval: 10s, advise: rollback }
`);

/** A session that begins now, over a release that was finished so many seconds ago. */
const sessionAt = (metrics: Metrics, age: number): Promise<TestSession> =>
  watchedSession(metrics, book, {
    past: [
      {
        type: 'event.reported',
        by: 'walkback',
        event: 'release.finished',
        id: 'deploy-7',
        happenedAt: isoOf(metrics.clock.now().ms - age * 1000),
        source: 'the pipeline',
      },
    ],
  });

const burnOf = (session: TestSession) =>
  session
    .facts('question.posed')
    .at(-1)
    ?.facts.find(({ subject }) => subject === 'burn');

/** How far a figure is from what was worked out by hand, as a share of it. */
const off = (value: number, wanted: number): number => Math.abs(value / wanted - 1);

describe('R1.6: a release that is ten minutes old', () => {
  /** An hour without errors, then a release of which 9 % of the requests fail. */
  async function tenMinutes(errors: number): Promise<{ fast: TestSession; metrics: Metrics }> {
    const metrics = openMetrics();
    await metrics.pass(3600, { perSecond: 20, errors: 0 });
    await metrics.pass(595, { perSecond: 20, errors });
    const fast = await sessionAt(metrics, 595);
    await metrics.pass(5, { perSecond: 20, errors });
    return { fast, metrics };
  }

  test('burns as fast as a hand calculation says, over its own ten minutes and a twelfth of them, to 1 %', async () => {
    const burn = burnOf((await tenMinutes(0.09)).fast);

    // 9 % of errors against 0.1 % allowed is 90 times too fast; an hour's window would say 90 · 600 / 3600 = 15
    const [, long = '', short = ''] =
      /^([\d.]+)x over 9 min 5\d s, ([\d.]+)x over 50 s/.exec(burn?.detail ?? '') ?? [];
    expect(off(Number(long), 90)).toBeLessThan(0.01);
    expect(off(Number(short), 90)).toBeLessThan(0.01);
    expect(off(Number(burn?.value), 90)).toBeLessThan(0.01);
    // a minute costs 90 of the 43,200 minutes of the budget
    expect(
      off(Number(/waiting costs ([\d.]+) % a minute/.exec(burn?.detail ?? '')?.[1]), (100 * 90 * 60) / month),
    ).toBeLessThan(0.01);
  });

  test('fires at 2 % of 30 days in ten minutes, which is 86.4 times too fast, and not below it', async () => {
    const { fast, metrics } = await tenMinutes(0.09);
    await metrics.pass(30, { perSecond: 20, errors: 0.09 });
    const fired = fast.context().triggers['fast'];
    const [opening] = fast.facts('event.reported');
    expect(fired?.state).toBe('FIRED');
    const age = (epochMsOf(fired?.since ?? '') - epochMsOf(opening?.happenedAt ?? '')) / 1000;
    expect(off(Number(/> ([\d.]+) x for/.exec(fired?.detail ?? '')?.[1]), (0.02 * month) / age)).toBeLessThan(
      0.01,
    );

    const slow = await tenMinutes(0.08);
    await slow.metrics.pass(30, { perSecond: 20, errors: 0.08 });
    expect(slow.fast.facts('trigger.changed').map(({ state }) => state)).toEqual(['OK']);
  });
});

test('R1.6: within a minute of the release its burn is a figure, over the shortest window that has two samples', async () => {
  const metrics = openMetrics();
  await metrics.pass(600, { perSecond: 20, errors: 0 });
  await metrics.pass(55, { perSecond: 20, errors: 0.02 });
  const session = await sessionAt(metrics, 55);
  await metrics.pass(5, { perSecond: 20, errors: 0.02 });

  // a twelfth of a minute lies between two samples; thirty seconds hold six of them
  const burn = burnOf(session);
  expect(burn).toMatchObject({ result: 'pass', code: null });
  expect(off(Number(burn?.value), 20)).toBeLessThan(0.01);
  expect(burn?.detail).toMatch(/x over 1 min, 20x over 30 s/);
});

test('R1.6: the windows grow with the release until they are whole', async () => {
  const metrics = openMetrics();
  await metrics.pass(4200, { perSecond: 20, errors: 0.0144 });
  const session = await sessionAt(metrics, 4200);
  await metrics.pass(5, { perSecond: 20, errors: 0.0144 });

  expect(burnOf(session)?.detail).toMatch(/^14\.4x over 1 h, 14\.4x over 5 min/);
});

test('R1.6: a pipeline that evaluates a young release asks over its age as well', async () => {
  const metrics = openMetrics();
  await metrics.pass(3600, { perSecond: 20, errors: 0 });
  await metrics.pass(600, { perSecond: 20, errors: 0.09 });
  const nowMs = metrics.clock.now().ms;
  const fill: Fill = ({ parts }) => parts.join('');
  const { signal } = new AbortController();
  const { measurer } = metrics.world;
  const source: NumberSource = {
    now: () => nowMs,
    measure: (probe) => measurer.measure(probe, fill, signal),
    series: (probe, span) => measurer.series(probe, fill, span, signal),
  };
  const asked = (openedMs: number | null) =>
    evaluateOnce({
      criteria: book,
      source,
      clock: metrics.clock,
      release: { openedMs, endMs: null },
      signal,
    });

  expect(await asked(nowMs - 600_000)).toMatchObject({
    advice: 'rollback',
    triggers: [{ breach: '> 86.4' }],
  });
  // over a whole hour the same errors are 15 times too fast, which also fires; without them nothing does
  expect(await asked(null)).toMatchObject({ triggers: [{ breach: '> 14.4' }] });
});
