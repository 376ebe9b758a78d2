import { formatBound, latencyBounds } from '../metrics/registry.ts';
import type { SeriesStore } from '../metrics/store.ts';
import type { Random } from '../random.ts';
import { instanceNames, releases } from '../releases.ts';
import { routes, workMs } from '../shop/routes.ts';

export interface HistoryParts {
  readonly store: SeriesStore;
  readonly random: Random;
  /** Domain time at which the history ends and the live shop begins. */
  readonly untilMs: number;
  readonly spanMs: number;
  readonly stepMs: number;
  /** Real seconds that a step stands for: the clients live in real time. */
  readonly realSecondsAStep: number;
}

/** Journeys the clients finish in a real second, and how often each route is asked for in one. */
const journeysASecond = 43;
const perJourney: Readonly<Record<string, number>> = {
  '/products': 1,
  '/cart': 0.7,
  '/checkout': 0.7,
  '/orders': 0.75,
};

/** What passes besides the route's own work: the loopback, and the payment for a checkout. */
const overheadSeconds: Readonly<Record<string, number>> = { '/checkout': 0.004 };

const errorShare = 0.0005;

/** Invents the time before the release: the previous version, healthy, with the clients of today. */
export function seedHistory(parts: HistoryParts): void {
  const version = releases.previous.version;
  const totals = new Map<string, number>();
  const grow = (key: string, by: number): number => {
    const next = (totals.get(key) ?? 0) + by;
    totals.set(key, next);
    return next;
  };
  for (let at = parts.untilMs - parts.spanMs; at < parts.untilMs; at += parts.stepMs) {
    const journeys = journeysASecond * parts.realSecondsAStep * (0.9 + 0.2 * parts.random.next());
    for (const instance of instanceNames) {
      seedInstance(parts, at, journeys / instanceNames.length, instance, version, grow);
      parts.store.append(
        {
          __name__: 'proxy_requests_total',
          upstream: instance,
          version,
          code: '200',
          job: 'proxy',
          instance: 'proxy',
        },
        at,
        Math.round(grow(`proxy ${instance}`, (journeys * 3.15) / 4)),
      );
    }
    const platform = { job: 'platform', instance: 'platform' };
    parts.store.append(
      { __name__: 'journey_total', result: 'ok', ...platform },
      at,
      Math.round(grow('ok', journeys * (1 - errorShare))),
    );
    parts.store.append(
      { __name__: 'journey_total', result: 'failed', ...platform },
      at,
      Math.floor(grow('failed', journeys * errorShare)),
    );
    parts.store.append({ __name__: 'journey_total', result: 'refused', ...platform }, at, 0);
    for (const instance of ['proxy', 'platform'])
      parts.store.append({ __name__: 'up', job: instance, instance }, at, 1);
  }
}

function seedInstance(
  { store }: HistoryParts,
  at: number,
  journeys: number,
  instance: string,
  version: string,
  grow: (key: string, by: number) => number,
): void {
  const own = { version, job: 'shop', instance };
  let errors = 0;
  for (const route of routes) {
    const count = journeys * (perJourney[route] ?? 0);
    const good = Math.round(grow(`${instance} ${route}`, count * (1 - errorShare)));
    const bad = Math.floor(grow(`${instance} ${route} bad`, count * errorShare));
    errors += bad;
    store.append({ __name__: 'shop_requests_total', route, status: '200', ...own }, at, good);
    store.append({ __name__: 'shop_requests_total', route, status: '500', ...own }, at, bad);
    const name = 'shop_request_duration_seconds';
    for (const bound of latencyBounds) {
      store.append(
        { __name__: `${name}_bucket`, route, ...own, le: formatBound(bound) },
        at,
        Math.round((good + bad) * shareBelow(route, bound)),
      );
    }
    store.append({ __name__: `${name}_bucket`, route, ...own, le: '+Inf' }, at, good + bad);
    store.append({ __name__: `${name}_count`, route, ...own }, at, good + bad);
    store.append({ __name__: `${name}_sum`, route, ...own }, at, (good + bad) * meanSeconds(route));
    if (route === '/checkout')
      store.append({ __name__: 'shop_orders_total', status: 'paid', ...own }, at, good);
  }
  store.append({ __name__: 'shop_errors_total', ...own }, at, errors);
  store.append({ __name__: 'shop_payments_failed_total', ...own }, at, 0);
  store.append({ __name__: 'shop_info', release: version, ...own }, at, 1);
  store.append({ __name__: 'up', job: 'shop', instance }, at, 1);
}

const leastSeconds = (route: string): number =>
  (workMs[route]?.[0] ?? 0) / 1000 + (overheadSeconds[route] ?? 0.002);
const spreadSeconds = (route: string): number => (workMs[route]?.[1] ?? 0) / 1000;

const meanSeconds = (route: string): number => leastSeconds(route) + spreadSeconds(route) / 2;
const shareBelow = (route: string, bound: number): number =>
  Math.min(1, Math.max(0, (bound - leastSeconds(route)) / spreadSeconds(route)));

/** Ends the series of the previous version's processes, as a scrape does when they are gone. */
export function endHistory(store: SeriesStore, atMs: number): void {
  for (const series of store.named(null))
    if (series.labels['version'] === releases.previous.version && series.labels['job'] === 'shop')
      store.append(series.labels, atMs, null);
}
