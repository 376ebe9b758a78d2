import type { Measured, Measurer } from '../../../src/session/ports.ts';
import { evaluate, evaluateOver } from '../../../src/sandbox/metrics/promql-evaluate.ts';
import { parseQuery } from '../../../src/sandbox/metrics/promql-parser.ts';
import type { SeriesStore } from '../../../src/sandbox/metrics/store.ts';
import { seriesStore } from '../../../src/sandbox/metrics/store.ts';
import { loadRunbook } from '../../../src/runbook/load.ts';
import type { Runbook } from '../../../src/runbook/model.ts';
import { memoryFiles } from '../../runbook/memory-files.ts';
import type { TestClock } from '../fake-clock.ts';
import { fakeClock } from '../fake-clock.ts';
import type { World } from '../fake-world.ts';
import { openWorld, taken } from '../fake-world.ts';
import type { Setting, TestSession } from '../open-test-session.ts';
import { openTestSession } from '../open-test-session.ts';

/** A shop of counters that is scraped every five seconds of a clock that moves when told, behind the sandbox's PromQL. */
export interface Metrics {
  readonly clock: TestClock;
  readonly world: World;
  readonly store: SeriesStore;
  /** Lets this much time go by at so many requests a second, a share of them failing; null: the target is down. */
  pass(
    seconds: number,
    traffic: { readonly perSecond: number; readonly errors: number } | null,
  ): Promise<void>;
}

const scrapeSeconds = 5;

export function openMetrics(): Metrics {
  const clock = fakeClock();
  const store = seriesStore();
  const base = openWorld();
  const counters = { good: 0, bad: 0 };
  const measurer: Measurer = {
    measure: async (probe, fill, signal): Promise<Measured> => {
      if (probe.source.kind !== 'prometheus') return base.measurer.measure(probe, fill, signal);
      const value = evaluate(parseQuery(String(fill(probe.source.query))), store, clock.now().ms);
      const number =
        value.type === 'scalar' ? value.value : value.type === 'vector' ? value.samples[0]?.value : undefined;
      if (number === undefined) return { ok: false, code: 'no_data', detail: 'no samples now' };
      if (Number.isNaN(number)) return { ok: false, code: 'nan', detail: 'NaN' };
      return taken(number);
    },
    series: async (probe, fill, { fromMs, toMs, stepMs }) => {
      if (probe.source.kind !== 'prometheus') return null;
      const moments = { firstMs: fromMs, lastMs: toMs, stepMs };
      const found = evaluateOver(parseQuery(String(fill(probe.source.query))), store, moments);
      const [only] = found;
      if (only === undefined) return { code: 'no_data', detail: 'no samples in that time' };
      const at = new Map(only.points.map((point) => [point.at, point.value]));
      const steps = Math.floor((toMs - fromMs) / stepMs);
      return Array.from({ length: steps + 1 }, (_, step) => {
        const moment = fromMs + step * stepMs;
        return [moment, at.get(moment) ?? null] as const;
      });
    },
  };
  const scrape = (traffic: Parameters<Metrics['pass']>[1]): void => {
    const atMs = clock.now().ms;
    store.append({ __name__: 'up', job: 'shop' }, atMs, traffic === null ? 0 : 1);
    if (traffic !== null) {
      counters.good += traffic.perSecond * scrapeSeconds * (1 - traffic.errors);
      counters.bad += traffic.perSecond * scrapeSeconds * traffic.errors;
    }
    const value = (number: number): number | null => (traffic === null ? null : number);
    store.append({ __name__: 'requests', job: 'shop', status: '200' }, atMs, value(counters.good));
    store.append({ __name__: 'requests', job: 'shop', status: '500' }, atMs, value(counters.bad));
  };
  return {
    clock,
    store,
    world: { ...base, measurer },
    pass: async (seconds, traffic) => {
      for (let left = seconds; left > 0; left -= scrapeSeconds) {
        await clock.advance(scrapeSeconds * 1000 - 1);
        scrape(traffic);
        await clock.advance(1);
      }
    },
  };
}

const steps = `
phases:
  - id: go
    title: Go
    steps:
      - id: choose
        decide: Does it have to go back?
        show: [errors, burn, eta, advice]
        options:
          - { id: rollback, title: Roll back, goto: slow }
          - { id: flag, title: Turn the flag off, goto: quick }
          - { id: nothing, title: Leave it, end: not_needed }
        recommend: "'rollback'"
      - { id: slow, run: [deploy], read_only: true, expected: 8m }
      - { id: slow_end, end: rolled_back }
  - id: flagged
    title: Flag
    off_path: true
    steps:
      - { id: quick, run: [flag, off], read_only: true, expected: 40s }
      - { id: quick_end, end: mitigated }
`;

/** A small runbook with these blocks, on counters \`requests{status}\`. */
export function criteriaBook(blocks: string): Runbook {
  const text = `walkback: 1
id: shop
title: Roll the shop back
service: shop
objective: 10m
probes:
  errors:
    prometheus: http://127.0.0.1:1
    query: sum(rate(requests{status="500"}[30s])) / sum(rate(requests[30s]))
    unit: ratio
  count: { prometheus: "http://127.0.0.1:1", query: 'sum(increase(requests[1m]))', unit: requests }
${blocks}${steps}`;
  const loaded = loadRunbook('shop.yaml', memoryFiles({ 'shop.yaml': text }));
  if (!loaded.ok)
    throw new Error(loaded.problems.map(({ code, message }) => `${code} ${message}`).join('\n'));
  return loaded.runbook;
}

/** A session that watches its numbers. */
export const watchedSession = (
  metrics: Metrics,
  runbook: Runbook,
  more: Partial<Setting> = {},
): Promise<TestSession> =>
  openTestSession({ runbook, world: metrics.world, clock: metrics.clock, monitored: true, ...more });
