import { onTestFinished, test, expect } from 'vitest';
import { systemClock } from '../../src/actions/clock.ts';
import { openMeasurer } from '../../src/actions/measure/measurer.ts';
import { redactor } from '../../src/actions/redact.ts';
import type { FactOf } from '../../src/machine/facts.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import { memoryFiles } from '../runbook/memory-files.ts';
import { openWorld } from '../session/fake-world.ts';
import type { TestSession } from '../session/open-test-session.ts';
import { openTestSession } from '../session/open-test-session.ts';
import { startExporter, startPrometheus } from './real-prometheus.ts';
import { until } from './real-server.ts';

const forMs = 10_000;
const intervalMs = 1_000;
const healthy = { errors: 0.001, slow: 0.01, failedPayments: 0 };
const failing = { errors: 0.08, slow: 0.2, failedPayments: 0.05 };

/** The criteria of a session that asks a real Prometheus; times as short as a test can wait for. */
const runbookAt = (url: string): string => `walkback: 1
id: shop
title: Roll the shop back
service: shop
objective: 10m
probes:
  errors: { prometheus: "${url}", query: 'sum(rate(requests_total{status="500"}[5s])) / sum(rate(requests_total[5s]))', unit: ratio }
  rare: { prometheus: "${url}", query: 'sum(rate(rare_total{status="500"}[5s])) / sum(rate(rare_total[5s]))', unit: ratio }
  rare_count: { prometheus: "${url}", query: 'sum(increase(rare_total[10s]))', unit: requests }
  p95: { prometheus: "${url}", query: 'histogram_quantile(0.95, sum by (le) (rate(latency_bucket[5s])))', unit: seconds }
  unpaid: { prometheus: "${url}", query: 'sum(rate(payments_total{result="failed"}[5s])) / sum(rate(payments_total[5s]))', unit: ratio }
  none: { prometheus: "${url}", query: 'no_such_metric', unit: ratio }
  wrong: { prometheus: "${url}", query: 'no_such_function(requests_total)', unit: ratio }
triggers:
  - { id: err, probe: errors, breach: '> 0.02', for: 10s, interval: 1s, up: 'up{job="shop"}', advise: rollback }
  - { id: slow, probe: p95, breach: '> 0.8', for: 10s, interval: 1s, up: 'up{job="shop"}', advise: investigate }
  - { id: payments, probe: unpaid, breach: '> 0.01', for: 10s, interval: 1s, up: 'up{job="shop"}', advise: rollback }
  - { id: few, probe: rare, breach: '> 0.02', for: 10s, interval: 1s, min_events: 100, events: rare_count, advise: rollback }
  - { id: missing, probe: none, breach: '> 0.02', for: 10s, interval: 1s, advise: rollback }
  - { id: broken, probe: wrong, breach: '> 0.02', for: 10s, interval: 1s, advise: rollback }
decide: { any: [err, payments] }
phases:
  - id: go
    title: Go
    steps:
      - id: choose
        decide: Does it have to go back?
        options: [{ id: back, title: Roll back }, { id: no, title: No, end: not_needed }]
      - { id: done, end: rolled_back }
`;

const changes = (session: TestSession, id: string): readonly FactOf<'trigger.changed'>[] =>
  session.facts('trigger.changed').filter((fact) => fact.id === id);
const states = (session: TestSession, id: string): readonly string[] =>
  changes(session, id).map(({ state }) => state);
const now = (session: TestSession, id: string): string => states(session, id).at(-1) ?? 'not read';

test('triggers on a real Prometheus fire, do not fire and go unknown as agreed', async () => {
  const exporter = await startExporter(healthy);
  onTestFinished(() => exporter.kill());
  const prometheus = await startPrometheus({ targets: [exporter.target] });
  onTestFinished(() => prometheus.stop());
  const clock = { ...systemClock(), advance: () => Promise.resolve() };
  const measurer = openMeasurer({
    connections: {},
    clock,
    domainNow: () => clock.now().ms,
    redactor: redactor([]),
    cwd: '/',
    env: {},
  });
  onTestFinished(() => measurer.close());
  const loaded = loadRunbook('shop.yaml', memoryFiles({ 'shop.yaml': runbookAt(prometheus.url) }));
  if (!loaded.ok) throw new Error(loaded.problems.map(({ message }) => message).join('\n'));
  const session = await openTestSession({
    runbook: loaded.runbook,
    world: { ...openWorld(), measurer },
    clock,
    monitored: true,
  });
  await until('the triggers are quiet', () =>
    ['err', 'slow', 'payments'].every((id) => now(session, id) === 'OK'),
  );

  // a short spike does not fire
  exporter.behave({ ...healthy, errors: 0.3 });
  await until('the spike is seen', () => now(session, 'err') === 'PENDING');
  exporter.behave(healthy);
  await until('the spike is over', () => now(session, 'err') === 'OK');
  expect(states(session, 'err')).not.toContain('FIRED');

  // 8 % errors fire when they have lasted for `for`, give or take an interval
  exporter.behave(failing);
  await until('errors fire', () => now(session, 'err') === 'FIRED');
  const { samples, value } = changes(session, 'err').at(-1) ?? { samples: [], value: null };
  expect(Math.abs((value ?? 0) / 0.08 - 1)).toBeLessThan(0.02);
  const quiet = samples.findLastIndex(([, sample]) => sample === null || sample <= 0.02);
  const lasted = (samples.at(-1)?.[0] ?? 0) - (samples[quiet + 1]?.[0] ?? 0);
  expect(lasted).toBeGreaterThanOrEqual(forMs - intervalMs);
  expect(lasted).toBeLessThanOrEqual(forMs + 2 * intervalMs); // one of them for a machine that is busy
  await until('a p95 trigger fires', () => now(session, 'slow') === 'FIRED');
  await until('a trigger on failed transactions fires', () => now(session, 'payments') === 'FIRED');
  expect(session.facts('advice.changed').at(-1)).toMatchObject({ advice: 'rollback' });

  // 3 errors in 40 requests stay below min_events, however long they last
  expect(new Set(states(session, 'few'))).not.toContain('FIRED');
  expect(changes(session, 'few').at(-1)).toMatchObject({ state: 'PENDING' });

  // what does not exist, and what Prometheus refuses, is unknown with its own code
  expect(changes(session, 'missing').map(({ state, code }) => `${state} ${code ?? ''}`)).toEqual([
    'UNKNOWN no_data',
  ]);
  expect(changes(session, 'broken').map(({ state, code }) => `${state} ${code ?? ''}`)).toEqual([
    'UNKNOWN query',
  ]);

  // a dead exporter: unknown within two intervals, while its rate is still served
  exporter.kill();
  const killedAt = clock.now().ms;
  await until(
    'the dead target is seen',
    () => changes(session, 'err').at(-1)?.code === 'target_down',
    10_000,
  );
  const row = session.log
    .facts()
    .findLast(({ fact }) => fact.type === 'trigger.changed' && fact.code === 'target_down');
  expect(Date.parse(row?.at ?? '') - killedAt).toBeLessThan(2 * intervalMs + 2_000); // and one scrape of a second
  const stale = await prometheus.ask('sum(rate(requests_total[1m]))');
  expect(stale.data?.result).toHaveLength(1);
  expect((await prometheus.ask('requests_total')).data?.result).toEqual([]);
  expect(states(session, 'err').slice(states(session, 'err').indexOf('FIRED'))).not.toContain('OK');
});
