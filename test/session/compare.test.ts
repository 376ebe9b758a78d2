import { expect, test } from 'vitest';
import type { Fact } from '../../src/machine/facts.ts';
import { isoOf } from '../../src/machine/iso-time.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import { seededRandom } from '../../src/sandbox/random.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import { openMetrics, type Metrics } from './criteria/metrics-world.ts';
import { openTestSession, type TestSession } from './open-test-session.ts';

const minute = 60_000;
const point = 10_000;

function book(compare: string, more = ''): Runbook {
  const text = `walkback: 1
id: shop
title: Roll the shop back
service: shop
objective: 10m
window: { opens: release.finished, evaluate: 30m, extended: 24h }
probes:
  latency: { prometheus: http://127.0.0.1:1, query: latency, unit: seconds }
  stable: { prometheus: http://127.0.0.1:1, query: stable, unit: seconds }
  failures: { prometheus: http://127.0.0.1:1, query: failures, unit: ratio }
  shop_up: { prometheus: http://127.0.0.1:1, query: shop_up }
${more}
phases:
  - id: go
    title: Go
    steps:
      - { id: back, compare: ${compare}, on: { fail: worse } }
      - { id: done, end: rolled_back }
  - id: other
    title: Worse
    off_path: true
    steps:
      - { id: worse, decide: What now?, show: [comparison], options: [{ id: stop, title: Stop, end: not_possible }] }
`;
  const loaded = loadRunbook('shop.yaml', memoryFiles({ 'shop.yaml': text }));
  if (!loaded.ok)
    throw new Error(loaded.problems.map(({ code, message }) => `${code} ${message}`).join('\n'));
  return loaded.runbook;
}

const plain =
  '{ probe: latency, baseline: release-60m..release, settle: 2m, current: 10m, extend: 10m, tolerance: 25% }';

/** Points of one metric every ten seconds, with a tenth of seeded noise. */
function fill(metrics: Metrics, name: string, fromMs: number, toMs: number, value: number | null): void {
  const random = seededRandom(Math.round(fromMs / point) + name.length);
  for (let at = fromMs; at <= toMs; at += point) {
    const noisy = value === null ? null : value * (0.9 + 0.2 * random.next());
    metrics.store.append({ __name__: name }, at, noisy);
  }
}

/** An hour of 200 ms, then ten minutes of a failed release at 900 ms; the session begins now. */
async function begun(
  runbook: Runbook,
  more: { readonly release?: boolean; readonly hour?: (metrics: Metrics, fromMs: number) => void } = {},
): Promise<{ readonly session: TestSession; readonly metrics: Metrics; readonly releasedMs: number }> {
  const metrics = openMetrics();
  const nowMs = metrics.clock.now().ms;
  const releasedMs = nowMs - 10 * minute;
  fill(metrics, 'latency', releasedMs - 60 * minute, releasedMs - point, 0.2);
  more.hour?.(metrics, releasedMs - 60 * minute);
  fill(metrics, 'latency', releasedMs, nowMs, 0.9);
  const opened: Fact = {
    type: 'event.reported',
    by: 'walkback',
    event: 'release.finished',
    id: 'release-2.0.0',
    happenedAt: isoOf(releasedMs),
    source: 'the pipeline',
  };
  const session = await openTestSession({
    runbook,
    world: metrics.world,
    clock: metrics.clock,
    past: more.release === false ? [] : [opened],
  });
  return { session, metrics, releasedMs };
}

/** Minutes at which the metric has this value. */
async function pass(
  { clock, store }: Metrics,
  minutes: number,
  points: Record<string, number | null>,
): Promise<void> {
  const random = seededRandom(Math.round(clock.now().ms / point));
  for (let at = 0; at < minutes * 6; at += 1) {
    await clock.advance(point - 1);
    for (const [name, value] of Object.entries(points))
      store.append(
        { __name__: name },
        clock.now().ms + 1,
        value === null ? null : value * (0.9 + 0.2 * random.next()),
      );
    await clock.advance(1);
  }
}

test('a latency that is back where it was is RECOVERED, with three spans and every figure on record', async () => {
  const { session, metrics, releasedMs } = await begun(book(plain));
  const startMs = metrics.clock.now().ms;
  expect(session.at()).toMatchObject({
    status: 'performing',
    shown: { good: expect.stringContaining('latency not higher by more than 25 %') },
  });
  await pass(metrics, 1, { latency: 0.9 }); // still settling: this does not count
  await pass(metrics, 10, { latency: 0.2 });
  expect(session.status('back')).toBe('performing');
  await pass(metrics, 1, { latency: 0.2 });

  expect(session.session.view().outcome).toBe('rolled_back');
  const [made] = session.facts('comparison.made');
  expect(made).toMatchObject({
    verdict: 'RECOVERED',
    final: true,
    score: { least: 100, most: 100 },
    spans: {
      baseline: [releasedMs - 60 * minute, releasedMs],
      failed: [releasedMs, startMs],
      current: [startMs + 2 * minute, startMs + 12 * minute],
    },
  });
  const [metric] = made?.metrics ?? [];
  expect(metric).toMatchObject({
    tolerance: 0.25,
    floor: 0,
    worse: 'higher',
    verdict: 'RECOVERED',
    code: null,
  });
  expect(metric?.series.baseline).toHaveLength(361);
  expect(metric?.series.current).toHaveLength(61);
  expect(metric?.failed?.median).toBeCloseTo(0.9, 1);
  expect(metric?.limit).toBeCloseTo(0.05, 2);
  expect([metric?.p, metric?.u, metric?.rho, metric?.shift].every((value) => Number.isFinite(value))).toBe(
    true,
  );
  const [judged] = session.facts('check.judged');
  expect(judged?.readings[0]?.detail).toMatch(
    /^RECOVERED: median .* before, .* now; shift .*; n 361 and 61; failed release 9\d\d ms/,
  );
  // what is shown needs no more points than can be drawn
  expect(session.session.view().comparisons?.[0]?.metrics[0]?.series.baseline).toHaveLength(48);
});

test('better than the failed release but not back is WORSE, and goes where the author says', async () => {
  const { session, metrics } = await begun(book(plain));
  await pass(metrics, 12, { latency: 0.4 });
  expect(session.facts('comparison.made')).toMatchObject([{ verdict: 'WORSE', final: true }]);
  // what it came to stands on the card of whoever has to decide now
  expect(session.at('worse').question?.facts[0]).toMatchObject({
    subject: 'comparison',
    result: 'fail',
    value: '"WORSE"',
    detail: expect.stringContaining('shift +'),
  });
});

test('what is not clear is looked at for longer, and then a person is asked', async () => {
  const { session, metrics } = await begun(book(plain));
  await pass(metrics, 4, { latency: 0.2 });
  await pass(metrics, 8, { latency: null }); // the exporter dies with the bug
  expect(session.facts('comparison.made')).toMatchObject([
    { verdict: 'INCONCLUSIVE', final: false, metrics: [{ code: 'too_few' }] },
  ]);
  expect(session.status('back')).toBe('performing');
  await pass(metrics, 10, { latency: null });
  expect(session.at()).toMatchObject({ status: 'unknown', problem: { code: 'check_too_few' } });
  expect(session.facts('comparison.made').map(({ final }) => final)).toEqual([false, true]);
  expect(session.at().offers.map(({ intent }) => intent)).toContain('check_again');
});

test('points that come while it looks on make it clear', async () => {
  const { session, metrics } = await begun(book(plain));
  await pass(metrics, 8, { latency: null });
  await pass(metrics, 4, { latency: 0.2 });
  expect(session.status('back')).toBe('performing');
  await pass(metrics, 5, { latency: 0.2 });
  expect(session.session.view().outcome).toBe('rolled_back');
});

const triggers = `triggers:
  - { id: err, probe: failures, breach: "> 0.02", for: 2m, interval: 20s, up: shop_up, advise: rollback }`;

test('a baseline in which a trigger fired is refused before anybody waits for it', async () => {
  const { session } = await begun(book(plain, triggers), {
    hour: (metrics, fromMs) => {
      for (let at = fromMs; at < fromMs + 60 * minute; at += point) {
        metrics.store.append({ __name__: 'shop_up' }, at, 1);
        const bad = at > fromMs + 20 * minute && at < fromMs + 26 * minute;
        metrics.store.append({ __name__: 'failures' }, at, bad ? 0.3 : 0.001);
      }
    },
  });
  expect(session.at()).toMatchObject({ status: 'unknown', problem: { code: 'check_polluted_baseline' } });
  expect(session.at().problem?.detail).toContain('err would have fired in it');
});

test('a spike in the baseline that is shorter than its trigger asks is no pollution', async () => {
  const { session, metrics } = await begun(book(plain, triggers), {
    hour: (filled, fromMs) => {
      for (let at = fromMs; at < fromMs + 60 * minute; at += point) {
        filled.store.append({ __name__: 'shop_up' }, at, 1);
        const bad = at > fromMs + 20 * minute && at < fromMs + 21 * minute;
        filled.store.append({ __name__: 'failures' }, at, bad ? 0.3 : 0.001);
      }
    },
  });
  expect(session.at().status).toBe('performing');
  await pass(metrics, 12, { latency: 0.2 });
  expect(session.session.view().outcome).toBe('rolled_back');
});

test('without a known release there is no baseline, and that is unknown', async () => {
  const { session } = await begun(book(plain), { release: false });
  expect(session.at()).toMatchObject({ status: 'unknown', problem: { code: 'check_no_release' } });
});

test('a system that cannot be asked is unknown with its reason, and never a verdict', async () => {
  const { session, metrics } = await begun(book(plain));
  metrics.world.measurer.series = async () => ({ code: 'connection', detail: 'There is no connection.' });
  await pass(metrics, 22, { latency: 0.2 });
  expect(session.at()).toMatchObject({ status: 'unknown', problem: { code: 'check_connection' } });
});

test('after a crash it goes on from when it began', async () => {
  const { session, metrics } = await begun(book(plain));
  const startMs = metrics.clock.now().ms;
  await pass(metrics, 7, { latency: 0.2 });
  const next = await session.dies('resumed');
  expect(next.status('back')).toBe('performing');
  await pass(metrics, 5, { latency: 0.2 });
  expect(next.facts('comparison.made')).toMatchObject([
    { verdict: 'RECOVERED', spans: { current: [startMs + 2 * minute, startMs + 12 * minute] } },
  ]);
  expect(next.session.view().outcome).toBe('rolled_back');
});

test('a canary is measured against an equal-sized baseline at the same time, not against before', async () => {
  const canary = '{ probe: latency, against: stable, current: 5m, tolerance: 25% }';
  const { session, metrics } = await begun(book(canary));
  // the whole shop is slow just now; only the difference counts
  await pass(metrics, 5, { latency: 0.6, stable: 0.6 });
  expect(session.facts('comparison.made')).toMatchObject([
    { verdict: 'RECOVERED', metrics: [{ against: 'stable', baseline: { n: 30 }, current: { n: 31 } }] },
  ]);

  const faulty = await begun(book(canary));
  await pass(faulty.metrics, 5, { latency: 0.6, stable: 0.2 });
  expect(faulty.session.facts('comparison.made')).toMatchObject([{ verdict: 'WORSE' }]);
  expect(faulty.session.at('worse').status).toBe('performing');
});

test('of several measurements a critical one that is worse decides, and only the whole is called by a verdict', async () => {
  const several =
    '{ baseline: release-60m..release, current: 10m, tolerance: 25%, metrics: [{ probe: latency, group: speed },' +
    ' { probe: failures, group: errors, floor: 0.005, tolerance: 0%, critical: true, up: shop_up, gaps: zero }] }';
  const up = (metrics: Metrics): void => {
    // nobody has counted an error, and the shop is up: that is none, not nothing
    for (
      let at = metrics.clock.now().ms - 80 * minute;
      at < metrics.clock.now().ms + 30 * minute;
      at += point
    )
      metrics.store.append({ __name__: 'shop_up' }, at, 1);
  };
  const good = await begun(book(several), { hour: (metrics) => up(metrics) });
  await pass(good.metrics, 10, { latency: 0.2 });
  expect(good.session.facts('comparison.made')).toMatchObject([
    { verdict: 'RECOVERED', score: { least: 100 } },
  ]);

  const bad = await begun(book(several), { hour: (metrics) => up(metrics) });
  await pass(bad.metrics, 10, { latency: 0.2, failures: 0.2 });
  expect(bad.session.facts('comparison.made')).toMatchObject([
    { verdict: 'WORSE', score: { least: 0, most: 0 } },
  ]);
  const [judged] = bad.session.facts('check.judged');
  expect(judged?.readings.map(({ detail }) => /^\w+/.exec(detail)?.[0])).toEqual([
    'WORSE',
    'recovered',
    'worse',
  ]);
});
