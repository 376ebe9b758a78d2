import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { movableClock, realNow, type MovableClock } from '../clock.ts';
import { openShopDatabase, type ShopDatabase } from '../database/open.ts';
import { seedDatabase } from '../database/seed.ts';
import { listen, type Handler } from '../http.ts';
import { queryApi } from '../metrics/query-api.ts';
import { metricRegistry, type Registry } from '../metrics/registry.ts';
import { seriesStore, type SeriesStore } from '../metrics/store.ts';
import { runtimeSocket } from '../proxy/runtime-api.ts';
import { weightsFile, writeWeights } from '../proxy/weights-file.ts';
import { seededRandom } from '../random.ts';
import { instanceNames, releases, type InstanceName } from '../releases.ts';
import { shopLog, writeState, type SandboxValues } from '../state.ts';
import { ruleEvaluator, type RuleEvaluator } from './alert-rules.ts';
import { chatSink, type ChatSink } from './chat.ts';
import type { Child, Launcher } from './children.ts';
import { pipeline, type Pipeline } from './ci.ts';
import { dataFaults } from './data-faults.ts';
import { databaseSessions, type DatabaseSessions } from './database-sessions.ts';
import { injector, type Injector } from './faults.ts';
import { flagsFile, flagStore, type FlagStore } from './flags.ts';
import { writeFreeze, type Freeze } from './freeze.ts';
import { gitIn } from './git.ts';
import { endHistory, seedHistory } from './history.ts';
import { instanceManager, type InstanceManager } from './instances.ts';
import { paymentsHandler } from './payments.ts';
import { proxyClient, type ProxyClient } from './proxy-client.ts';
import { crontab, scheduler, type Scheduler } from './scheduler.ts';
import { scraper, type Scraper } from './scraper.ts';
import { alertmanager, type Alertmanager } from './silences.ts';
import type { PlatformStart } from './start.ts';
import { till, type Till } from './till.ts';
import { traffic, type Traffic } from './traffic.ts';

/** Everything that the platform process holds. */
export interface Platform {
  readonly start: PlatformStart;
  readonly clock: MovableClock;
  readonly store: SeriesStore;
  readonly metrics: Registry;
  readonly instances: InstanceManager;
  readonly proxy: ProxyClient;
  readonly proxyChild: Child;
  readonly freeze: Freeze;
  readonly databaseSessions: DatabaseSessions;
  readonly pipeline: Pipeline;
  readonly flags: FlagStore;
  readonly jobs: Scheduler;
  readonly alerts: Alertmanager;
  readonly rules: RuleEvaluator;
  readonly chat: ChatSink;
  readonly faults: Injector;
  readonly scraper: Scraper;
  readonly traffic: Traffic;
  readonly till: Till;
  readonly values: SandboxValues;
  /** Lets go of the database file while it is replaced. */
  closeDatabase(): void;
}

const historyMs = 3_600_000;
const scrapeEveryMs = 15_000;

/** Shortest real time between scrapes: a fast clock must not turn into a busy loop. */
const leastScrapeMs = 100;

export const scrapeInterval = (clock: MovableClock): number =>
  Math.max(leastScrapeMs, clock.realSpan(scrapeEveryMs));

/** Makes the shop's files, starts its processes and wires the services that share this one. `control` is the platform's own API. */
export async function buildPlatform(
  start: PlatformStart,
  launcher: Launcher,
  control: (platform: () => Platform) => Handler,
  environment: Readonly<Record<string, string>>,
): Promise<Platform> {
  const { folder, token, seed } = start;
  const random = seededRandom(seed);
  const released = start.version === releases.current.version;
  const now = realNow();
  const clock = movableClock({ realMs: now, domainMs: now, speed: start.speed });
  const metrics = metricRegistry();
  const store = seriesStore();

  layFiles(folder);

  const held: { platform: Platform | null; database: ShopDatabase | null } = {
    platform: null,
    database: null,
  };
  const current = (): Platform => {
    if (!held.platform) throw new Error('the sandbox is still starting');
    return held.platform;
  };
  const database = (): ShopDatabase => (held.database ??= openShopDatabase(folder));

  const flags = flagStore(folder);
  const chat = chatSink(folder, clock);
  const alerts = alertmanager(clock);
  const rules = ruleEvaluator(store, clock);
  const sessions = databaseSessions(folder, launcher);
  const tillInstance = seededRandom(seed + 1).pick(instanceNames);
  const faults = injector({
    clock,
    tillInstance,
    failedCheckouts: () => countFailures(store),
    layStandby: (down) => layStandby(current(), down),
    clearStandby: () => clearStandby(current()),
    push: (conditions) => held.platform?.instances.push(conditions),
    openReport: () => sessions.openReport(),
    closeReports: () => sessions.closeAll(),
    merge: async (message) => void (await ci.push(message)),
    ...dataFaults(folder, database),
  });
  const ci = pipeline({
    folder,
    clock,
    metrics,
    git: gitIn(folder, environment),
    say: (text) => chat.say(text, 'ci'),
    deploy: (version, wanted) => deployEverywhere(current().instances, version, wanted),
  });

  const gitReady = ci.prepare(released);
  gitReady.catch(() => {
    // awaited below; this only keeps a failure from counting as unhandled meanwhile
  });
  const [payments, flagServer, chatServer, alertServer, metricServer, controlServer] = await Promise.all([
    listen(paymentsHandler(metrics, `p${seed}-${now}`, () => faults.paymentsDown())),
    listen(flags.handler),
    listen(chat.handler),
    listen(alerts.handler),
    listen(
      queryApi({ store, clock, targets: () => current().scraper.describe(), rules: () => rules.describe() }),
    ),
    listen(control(current)),
  ]);
  seedDatabase(folder, random, start.version, now);

  const instances = instanceManager({
    launcher,
    clock,
    folder,
    token,
    seed,
    payments: payments.url,
    flags: flagServer.url,
    conditions: () => faults.conditions(),
    coldStartMs: (version) => faults.coldStartMs(version),
    restartIsLost: (name, version) => faults.restartIsLost(name, version),
  });
  const shops = instances.startAll(Object.fromEntries(instanceNames.map((name) => [name, start.version])));
  seedHistory({
    store,
    random,
    untilMs: now,
    spanMs: historyMs,
    stepMs: scrapeEveryMs,
    realSecondsAStep: scrapeInterval(clock) / 1000,
  });
  if (released) endHistory(store, now);
  await shops;
  const proxyChild = await launcher.start('proxy', 'proxy', {
    type: 'start',
    folder,
    token,
    instances: instances.list.map(({ name, url }) => ({ name, url })),
  });
  const proxy = proxyClient(`http://127.0.0.1:${Number(proxyChild.ready['adminPort'])}`, token);
  const front = `http://127.0.0.1:${Number(proxyChild.ready['port'])}`;
  instances.useProxy(proxy);
  await gitReady;

  const values: SandboxValues = {
    proxy: front,
    prometheus: metricServer.url,
    alertmanager: alertServer.url,
    chat: chatServer.url,
    data: path.join(folder, 'data'),
    platform: controlServer.url,
    flags: flagServer.url,
    payments: payments.url,
    haproxy: runtimeSocket(folder),
    haproxy_config: weightsFile(folder),
    log: shopLog(folder),
  };
  const targets = [
    ...instanceNames.map((name) => ({ job: 'shop', instance: name, url: () => instances.find(name).url })),
    { job: 'proxy', instance: 'proxy', url: () => proxy.adminUrl },
    { job: 'platform', instance: 'platform', url: () => controlServer.url },
  ];
  const platform: Platform = {
    start,
    clock,
    store,
    metrics,
    instances,
    proxy,
    proxyChild,
    freeze: writeFreeze(
      folder,
      token,
      instances,
      () => proxy,
      () => front,
    ),
    databaseSessions: sessions,
    pipeline: ci,
    flags,
    jobs: scheduler(folder, clock, database, metrics),
    alerts,
    rules,
    chat,
    faults,
    scraper: scraper(targets, store, clock),
    traffic: traffic({ proxy: () => front, metrics, clock, seed, clients: start.clients }),
    // where the traffic can be switched the till goes with it: past the proxy it would stay on the failed release
    till: till(() => (faults.standsBy() ? front : instances.find(tillInstance).url), metrics),
    values,
    closeDatabase() {
      held.database?.close();
      held.database = null;
    },
  };
  held.platform = platform;
  writeState({
    format: 1,
    status: 'up',
    folder,
    seed,
    speed: start.speed,
    pid: process.pid,
    clock: clock.base(),
    values,
    instances: instances.list.map(({ name, url }) => ({ name, url })),
    releasedAt: released ? now : null,
  });
  return platform;
}

/** Half of the shop on the standby release without traffic, the other half takes all of it. */
async function layStandby({ instances, proxy, start }: Platform, down: InstanceName | null): Promise<void> {
  const [blue, green] = [instanceNames.slice(0, 2), instanceNames.slice(2)];
  const weights = Object.fromEntries([
    ...blue.map((name) => [name, 0] as const),
    ...green.map((name) => [name, 1] as const),
  ]);
  await proxy.post('/weights', weights);
  writeWeights(start.folder, weights);
  await Promise.all(blue.map((name) => instances.deploy(name, releases.standby.version, false)));
  if (down !== null) await instances.stop(down);
}

async function clearStandby({ instances, proxy, start }: Platform): Promise<void> {
  const { weights } = await proxy.get('/state');
  const waits = instances.list.filter(({ release }) => release === releases.standby.version);
  const unused = waits.every(({ name }) => (weights as Readonly<Record<string, number>>)[name] === 0);
  if (waits.length === 0 || !unused) return;
  await Promise.all(waits.map(({ name }) => instances.deploy(name, start.version, true)));
  const even = Object.fromEntries(instanceNames.map((name) => [name, 25]));
  await proxy.post('/weights', even);
  writeWeights(start.folder, even);
}

/** Failed checkouts of the processes that are there now. */
function countFailures(store: SeriesStore): number {
  let failed = 0;
  for (const { labels, values } of store.named('shop_requests_total')) {
    if (labels['route'] === '/checkout' && labels['status'] === '500') failed += values.at(-1) ?? 0;
  }
  return failed;
}

/** Rolling: one instance after the other, and no further than the first that fails. */
async function deployEverywhere(
  instances: InstanceManager,
  version: string,
  wanted: () => boolean,
): Promise<string | null> {
  for (const { name } of instances.list) {
    if (!wanted()) return 'it was given up';
    const result = await instances.deploy(name, version, false);
    if (!result.ok) return result.text;
  }
  return null;
}

/** What the shop finds in its folder when it starts. */
function layFiles(folder: string): void {
  for (const name of ['ci', 'jobs', 'log', 'proxy', 'data'])
    mkdirSync(path.join(folder, name), { recursive: true });
  writeFileSync(shopLog(folder), ''); // a log that is not there would not be a quiet one
  writeFileSync(path.join(folder, 'jobs', 'crontab'), crontab);
  writeFileSync(flagsFile(folder), `${JSON.stringify({ new_coupons: true }, null, 2)}\n`);
  writeWeights(folder, Object.fromEntries(instanceNames.map((name) => [name, 25])));
}
