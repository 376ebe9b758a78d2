import { existsSync } from 'node:fs';
import { instanceNames } from '../releases.ts';
import { fields } from '../http.ts';
import { launcher } from './children.ts';
import { controlHandler } from './control.ts';
import { startHeartbeat } from './heartbeat.ts';
import { buildPlatform, type Platform } from './platform.ts';
import { loadSnapshot, saveSnapshot } from './snapshot.ts';
import { readState, tokenFile, writeState } from '../state.ts';
import type { PlatformStart } from './start.ts';

/** The role `platform`: holds every service that is not a process of its own, and starts the ones that are. */
export function runPlatformProcess(environment: Readonly<Record<string, string>>, entry: string): void {
  const orphaned = (): never => process.exit(1); // whoever started this went before it was ready
  process.once('disconnect', orphaned);
  process.once('message', (start: PlatformStart) => {
    run(start, environment, entry).then(
      () => {
        process.removeListener('disconnect', orphaned);
        process.send?.({ type: 'ready' });
        process.disconnect(); // from here on the platform stands on its own
      },
      (error: unknown) => {
        process.send?.({ type: 'failed', why: error instanceof Error ? error.message : String(error) });
        process.exit(1); // the children go with their channel
      },
    );
  });
}

async function run(
  start: PlatformStart,
  environment: Readonly<Record<string, string>>,
  entry: string,
): Promise<void> {
  const held: { stopHeartbeat: () => Promise<void>; changing: boolean } = {
    stopHeartbeat: () => Promise.resolve(),
    changing: false,
  };
  const starter = launcher(start.folder, process.execPath, entry, environment['PATH'] ?? '');
  const platform = await buildPlatform(
    start,
    starter,
    (current) =>
      controlHandler(current, {
        shutdown: () => end(current()),
        snapshot: (name) => quietly(current(), () => takeSnapshot(current(), name)),
        restore: (name) => quietly(current(), () => restoreSnapshot(current(), name)),
      }),
    environment,
  );
  await platform.scraper.scrape();
  held.stopHeartbeat = startHeartbeat(platform);
  guardLife(start, () => end(platform));

  /** Runs while nobody shops and nothing is scraped; two at once would undo each other. */
  async function quietly<T>(current: Platform, work: () => Promise<T>): Promise<T> {
    if (held.changing) throw new Error('a snapshot or restore is under way');
    held.changing = true;
    try {
      await held.stopHeartbeat();
      return await work();
    } finally {
      held.stopHeartbeat = startHeartbeat(current);
      held.changing = false;
    }
  }

  function end(current: Platform): void {
    const hurry = setTimeout(() => process.exit(0), 2_000);
    void Promise.all([
      current.instances.stopAll(),
      current.databaseSessions.closeAll(),
      current.proxyChild.stop(),
    ]).finally(() => {
      clearTimeout(hurry);
      process.exit(0);
    });
  }
}

/** Ends the sandbox when its time is over, when the process it belongs to is gone, or when its folder is. */
function guardLife(start: PlatformStart, end: () => void): void {
  setTimeout(end, start.maxLifetimeMs).unref();
  process.on('SIGTERM', end);
  setInterval(() => {
    if (!existsSync(tokenFile(start.folder)) || (start.parentPid !== null && !isAlive(start.parentPid)))
      end();
  }, 1_000).unref();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function takeSnapshot(platform: Platform, name: string): Promise<void> {
  const state = await platform.proxy.get('/state');
  saveSnapshot(platform.start.folder, name, {
    domainMs: platform.clock.now(),
    releases: Object.fromEntries(
      platform.instances.list.map((instance) => [instance.name, instance.release]),
    ),
    weights: state['weights'],
    freeze: String(state['freeze']),
    silences: platform.alerts.dump(),
    series: platform.store.dump(),
  });
}

async function restoreSnapshot(platform: Platform, name: string): Promise<boolean> {
  await platform.faults.disarm();
  await platform.pipeline.abandon();
  await platform.instances.settled();
  await platform.instances.stopAll();
  platform.closeDatabase();
  const memory = loadSnapshot(platform.start.folder, name);
  if (memory) {
    platform.clock.move(memory.domainMs);
    const state = readState(platform.start.folder);
    if (state) writeState({ ...state, clock: platform.clock.base() });
    platform.store.load(memory.series);
    platform.alerts.load(memory.silences);
    platform.rules.reset();
    platform.jobs.reset();
    platform.pipeline.settle();
    await platform.proxy.post('/weights', fields(JSON.stringify(memory.weights)));
    await platform.proxy.post('/freeze', { mode: memory.freeze });
  }
  await platform.instances.startAll(memory?.releases ?? {});
  // The proxy has seen every instance go: putting each back makes it look at once instead of at its next round.
  for (const one of instanceNames) await platform.proxy.post('/drain', { name: one, drained: false });
  return memory !== null;
}
