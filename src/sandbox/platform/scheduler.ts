import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { isoTime, type DomainClock } from '../clock.ts';
import type { ShopDatabase } from '../database/open.ts';
import type { Registry } from '../metrics/registry.ts';
import { parseCrontab } from './cron.ts';

interface JobState {
  readonly name: string;
  readonly paused: boolean;
  /** Domain time of the last good run. */
  readonly lastRun: string | null;
  readonly missed: number;
}

export interface Scheduler {
  /** Runs what has become due since the last tick; misses are logged for paused jobs. */
  tick(): void;
  pause(name: string | null): boolean;
  resume(name: string | null): boolean;
  jobs(): readonly JobState[];
  reset(): void;
}

export const crontab = `# minute hour day month weekday name
* * * * *    stock_sync
*/5 * * * *  order_export
15 2 * * *   nightly_settlement
`;

const jobsFolder = (folder: string): string => path.join(folder, 'jobs');

/** A small cron on domain time. A pause is a marker file, so that it survives and can be seen. */
export function scheduler(
  folder: string,
  clock: DomainClock,
  database: () => ShopDatabase,
  metrics: Registry,
): Scheduler {
  mkdirSync(path.join(jobsFolder(folder), 'paused'), { recursive: true });
  const lines = parseCrontab(readFileSync(path.join(jobsFolder(folder), 'crontab'), 'utf8'));
  const names = [...new Set(lines.map(({ name }) => name))];
  const lastRun = new Map<string, number>(names.map((name) => [name, clock.now()]));
  const missed = new Map<string, number>();
  let minute = Math.floor(clock.now() / 60_000);

  const marker = (name: string): string => path.join(jobsFolder(folder), 'paused', name);
  const chosen = (name: string | null): readonly string[] =>
    name === null ? names : names.filter((one) => one === name);
  const publish = (name: string): void =>
    metrics.set('job_last_success_timestamp_seconds', { name }, (lastRun.get(name) ?? 0) / 1000);
  for (const name of names) publish(name);

  function due(name: string, atMs: number): void {
    if (existsSync(marker(name))) return miss(name, atMs, 'paused');
    try {
      runJob(name, database(), atMs);
    } catch (error) {
      return miss(name, atMs, error instanceof Error ? error.message : String(error));
    }
    lastRun.set(name, clock.now());
    publish(name);
  }

  function miss(name: string, atMs: number, why: string): void {
    missed.set(name, (missed.get(name) ?? 0) + 1);
    metrics.add('job_missed_total', { name });
    appendFileSync(
      path.join(jobsFolder(folder), 'missed.jsonl'),
      `${JSON.stringify({ at: isoTime(atMs), job: name, why })}\n`,
    );
  }

  return {
    tick() {
      const now = Math.floor(clock.now() / 60_000);
      for (; minute < now; minute += 1) {
        for (const line of lines)
          if (line.matches((minute + 1) * 60_000)) due(line.name, (minute + 1) * 60_000);
      }
    },
    pause(name) {
      for (const one of chosen(name)) writeFileSync(marker(one), `${isoTime(clock.now())}\n`);
      return chosen(name).length > 0;
    },
    resume(name) {
      for (const one of chosen(name)) rmSync(marker(one), { force: true });
      return chosen(name).length > 0;
    },
    jobs() {
      const paused = new Set(readdirSync(path.join(jobsFolder(folder), 'paused')));
      return names.map((name) => {
        const at = lastRun.get(name);
        return {
          name,
          paused: paused.has(name),
          lastRun: at === undefined ? null : isoTime(at),
          missed: missed.get(name) ?? 0,
        };
      });
    },
    reset() {
      minute = Math.floor(clock.now() / 60_000);
      missed.clear();
      for (const name of names) lastRun.set(name, clock.now());
    },
  };
}

/** Jobs write to the shop's database like anybody else: one that is not paused writes into a freeze. */
function runJob(name: string, database: ShopDatabase, atMs: number): void {
  switch (name) {
    case 'order_export':
    case 'nightly_settlement':
      database.prepare('insert into exports (made_at, orders) select ?, count(*) from orders').run(atMs);
      return;
    default:
      database.prepare(`delete from carts where made_at < ?`).run(atMs - 3_600_000);
  }
}
