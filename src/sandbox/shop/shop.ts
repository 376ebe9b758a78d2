import { appendFileSync } from 'node:fs';
import { domainClock, isoTime, realNow } from '../clock.ts';
import { openShopDatabase, schemaVersion, type ShopDatabase } from '../database/open.ts';
import { fields, json, listen, type Incoming, type Listener, type Reply } from '../http.ts';
import { metricRegistry, type Registry } from '../metrics/registry.ts';
import { seededRandom } from '../random.ts';
import { shopLog } from '../state.ts';
import type { Conditions, ShopStart } from './conditions.ts';
import { flagsClient } from './flags-client.ts';
import type { ReleaseCode } from './release-code.ts';
import { routeOf, routes, shopRoute, type ShopParts } from './routes.ts';
import { sessionTable, type SessionTable } from './sessions.ts';
import { fixRelease } from './fix.ts';
import { standbyRelease } from './standby.ts';
import { v1 } from './v1.ts';
import { v2 } from './v2.ts';

export interface RunningShop {
  readonly port: number;
  setConditions(conditions: Conditions): void;
  close(): Promise<void>;
}

/** Domain time for which an instance believes a flag's value. */
const flagTtlMs = 30_000;

/** One instance of the shop, on the release that it was deployed with. */
export async function startShop(start: ShopStart): Promise<RunningShop> {
  const release = [v1, standbyRelease, fixRelease].find(({ version }) => version === start.version) ?? v2;
  const database = openShopDatabase(start.folder);
  const clock = domainClock(start.clock);
  const metrics = metricRegistry({ version: release.version });
  const random = seededRandom(start.seed);
  let conditions = start.conditions;
  // A share, not a chance: the same number of checkouts fails in every window, so that a small shop has steady rates.
  let owed = random.next();
  const breaks = (bent: { readonly version: string; readonly share: number } | null): boolean => {
    if (bent === null || bent.version !== release.version) return false;
    owed += bent.share;
    if (owed < 1) return false;
    owed -= 1;
    return true;
  };
  const checkoutBreaks = (): boolean => breaks(conditions.checkoutErrors) || breaks(conditions.standbyErrors);
  const flagBreaks = (name: string): boolean =>
    conditions.flagErrors?.flag === name && breaks(conditions.flagErrors);
  const flag = flagsClient(start.flags, start.name, () => conditions.flagTtlMs ?? clock.realSpan(flagTtlMs));
  const parts: ShopParts = {
    release,
    database,
    clock,
    random,
    metrics,
    payments: start.payments,
    flag,
    checkoutBreaks,
    flagBreaks,
  };
  prepareMetrics(metrics, release.version);

  const held: { sessions: SessionTable | null } = { sessions: null };
  const listener = await listen(async (incoming) => {
    if (!held.sessions) return json(503, { error: 'starting' });
    const session = held.sessions.of(incoming.socket);
    session.requests += 1;
    const client = incoming.headers['x-client'];
    if (typeof client === 'string') session.client = client;
    const admin = await adminRoute(start, conditions, held.sessions, incoming);
    if (admin) return admin;
    const own = ownRoute(start, release, database, metrics, incoming);
    if (own) return own;
    const answer = (): Promise<Reply> =>
      measured(start, metrics, incoming, () => guarded(parts, session.writable, incoming));
    return incoming.method === 'GET' || !session.writable ? answer() : held.sessions.writing(answer);
  }, start.port);
  held.sessions = sessionTable(listener.server, start.folder);
  return {
    port: listener.port,
    setConditions(next) {
      conditions = next;
    },
    close: () => closeShop(listener, database),
  };
}

async function closeShop(listener: Listener, database: ShopDatabase): Promise<void> {
  const hurry = setTimeout(() => listener.server.closeAllConnections(), 300);
  await listener.close();
  clearTimeout(hurry);
  database.close();
}

/** Every series exists from the start: a counter that appears with its first error has no rate for it. */
function prepareMetrics(metrics: Registry, version: string): void {
  for (const route of routes)
    for (const status of ['200', '500', '502']) metrics.add('shop_requests_total', { route, status }, 0);
  metrics.add('shop_errors_total', {}, 0);
  metrics.add('shop_payments_failed_total', {}, 0);
  for (const value of ['on', 'off']) metrics.add('shop_flag_errors_total', { flag: 'new_coupons', value }, 0);
  metrics.add('shop_writes_refused_total', {}, 0);
  metrics.add('shop_orders_total', { status: 'paid' }, 0);
  metrics.set('shop_info', { release: version }, 1);
  metrics.set('process_start_time_seconds', {}, realNow() / 1000);
}

async function guarded(parts: ShopParts, writable: boolean, incoming: Incoming): Promise<Reply> {
  if (!writable && incoming.method !== 'GET') {
    parts.metrics.add('shop_writes_refused_total', {});
    return json(503, { error: 'writes are frozen' }, { 'x-frozen': 'instance' });
  }
  try {
    return (await shopRoute(parts, incoming)) ?? json(404, { error: 'not found' });
  } catch (error) {
    return json(500, { error: error instanceof Error ? error.message : String(error) });
  }
}

async function measured(
  start: ShopStart,
  metrics: Registry,
  incoming: Incoming,
  answer: () => Promise<Reply>,
): Promise<Reply> {
  const before = performance.now();
  const reply = await answer();
  const route = routeOf(incoming.path);
  if (!(routes as readonly string[]).includes(route)) return reply;
  // 201 counts as 200: one series of good answers a route is easier to read and to seed
  const status = reply.status < 300 ? '200' : String(reply.status);
  metrics.add('shop_requests_total', { route, status });
  if (reply.status >= 500 && reply.headers?.['x-frozen'] === undefined) {
    metrics.add('shop_errors_total', {});
    logError(start, route, reply);
  }
  metrics.observe('shop_request_duration_seconds', { route }, (performance.now() - before) / 1000);
  return reply;
}

/** What went wrong, as one line of the log that every instance writes to; its time is the real one. */
function logError({ folder, name, version }: ShopStart, route: string, { status, body }: Reply): void {
  const line = {
    time: isoTime(realNow()),
    level: 'error',
    instance: name,
    release: version,
    msg: `${route} ${status}: ${String(fields(body)['error'])}`,
  };
  appendFileSync(shopLog(folder), `${JSON.stringify(line)}\n`);
}

function ownRoute(
  start: ShopStart,
  release: ReleaseCode,
  database: ShopDatabase,
  metrics: Registry,
  incoming: Incoming,
): Reply | null {
  switch (incoming.path) {
    case '/version':
      return json(200, { version: release.version, instance: start.name });
    case '/healthz': {
      const schema = schemaVersion(database);
      const healthy = schema >= release.reads.from && schema <= release.reads.to;
      const reads = `${release.reads.from} to ${release.reads.to}`;
      return json(healthy ? 200 : 503, {
        ok: healthy,
        instance: start.name,
        version: release.version,
        schema,
        reads,
      });
    }
    case '/metrics':
      return {
        status: 200,
        body: metrics.exposition(),
        headers: { 'content-type': 'text/plain; version=0.0.4' },
      };
    default:
      return null;
  }
}

/** For the platform only: each call carries the sandbox's token. */
async function adminRoute(
  start: ShopStart,
  conditions: Conditions,
  sessions: SessionTable,
  incoming: Incoming,
): Promise<Reply | null> {
  if (!incoming.path.startsWith('/admin/')) return null;
  if (incoming.headers['x-sandbox-token'] !== start.token)
    return json(403, { error: 'this needs the token of the sandbox' });
  switch (`${incoming.method} ${incoming.path}`) {
    case 'POST /admin/freeze':
    case 'POST /admin/thaw': {
      const frozen = incoming.path === '/admin/freeze';
      const keepsOpen = conditions.keepsSessions === start.name;
      const writable = sessions.freeze(frozen, keepsOpen);
      if (frozen && !keepsOpen) await sessions.settled(2_000); // what began before the freeze ends before it counts as frozen
      return json(200, { writable });
    }
    case 'GET /admin/sessions':
      return json(200, { sessions: sessions.list() });
    case 'POST /admin/terminate':
      return json(200, { terminated: sessions.terminate(Number(incoming.query.get('id'))) });
    case 'GET /admin/threads':
      return json(200, {
        instance: start.name,
        pid: process.pid,
        uptimeSeconds: process.uptime(),
        memory: process.memoryUsage(),
        cpu: process.cpuUsage(),
        activeResources: process.getActiveResourcesInfo(),
      });
    default:
      return json(404, { error: 'not found' });
  }
}
