import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isoTime, type DomainClock } from '../clock.ts';
import type { Registry } from '../metrics/registry.ts';
import { releases } from '../releases.ts';
import type { Git } from './git.ts';

interface Run {
  readonly sha: string;
  readonly version: string;
  readonly message: string;
  attempts: number;
}

interface CiState {
  readonly state: 'running' | 'paused';
  readonly head: { readonly sha: string; readonly version: string };
  readonly queue: readonly string[];
  readonly inFlight: string | null;
  readonly history: readonly unknown[];
}

export interface Pipeline {
  /** Makes the repository, with the previous release and, where it is out, the current one. */
  prepare(released: boolean): Promise<void>;
  /** Looks for a new head and starts the next run; called often. */
  tick(): Promise<void>;
  pause(): void;
  resume(): void;
  paused(): boolean;
  state(): Promise<CiState>;
  push(message: string): Promise<string>;
  revert(): Promise<string>;
  /** Lets the run under way stop after its current instance; what waits goes on waiting. */
  cancel(): Promise<void>;
  /** Drops what waits and lets the run under way stop after its current instance. */
  abandon(): Promise<void>;
  /** The head counts as seen: used after the repository was put back. */
  settle(): void;
}

export interface PipelineParts {
  readonly folder: string;
  readonly clock: DomainClock;
  readonly git: Git;
  readonly metrics: Registry;
  /** Deploys a version everywhere, for as long as it is wanted; null when it worked, else why not. */
  readonly deploy: (version: string, wanted: () => boolean) => Promise<string | null>;
  readonly say: (text: string) => void;
}

const mostAttempts = 3;
const buildMs = 10_000;

/** A deploy pipeline on a bare repository: every push to `main` deploys the version in the file VERSION at that commit. */
export function pipeline(parts: PipelineParts): Pipeline {
  const { folder, clock, git, metrics } = parts;
  const bare = path.join(folder, 'ci', 'shop.git');
  const work = path.join(folder, 'ci', 'work');
  const pausedMarker = path.join(folder, 'ci', 'paused');
  const historyFile = path.join(folder, 'ci', 'history.jsonl');
  const queue: Run[] = [];
  let inFlight: Run | null = null;
  let seen = '';
  let looking = false;
  let generation = 0;
  let underWay: Promise<void> = Promise.resolve();

  const commit = async (message: string): Promise<void> => {
    await git('-C', work, 'add', '--all');
    await git('-C', work, 'commit', '--quiet', '--allow-empty', '-m', message);
  };
  // The ref of a bare repository that is only pushed to is a plain file: cheaper to watch than a process.
  const headSha = (): string => {
    const ref = path.join(bare, 'refs', 'heads', 'main');
    return existsSync(ref) ? readFileSync(ref, 'utf8').trim() : '';
  };
  const versionAt = (sha: string): Promise<string> => git('-C', bare, 'show', `${sha}:VERSION`);
  const record = (run: Run, result: string, why: string | null): void =>
    appendFileSync(
      historyFile,
      `${JSON.stringify({ at: isoTime(clock.now()), sha: run.sha, version: run.version, attempt: run.attempts, result, why })}\n`,
    );
  const publish = (): void => {
    metrics.set('ci_paused', {}, existsSync(pausedMarker) ? 1 : 0);
    metrics.set('ci_queue', {}, queue.length);
    for (const { version } of Object.values(releases))
      metrics.set('ci_in_flight', { version }, inFlight?.version === version ? 1 : 0);
  };

  async function look(): Promise<void> {
    const sha = headSha();
    if (sha === '' || sha === seen) return;
    seen = sha;
    queue.push({
      sha,
      version: await versionAt(sha),
      message: await git('-C', bare, 'log', '-1', '--format=%s', sha),
      attempts: 0,
    });
  }

  async function perform(run: Run): Promise<void> {
    run.attempts += 1;
    const mine = generation;
    const wanted = (): boolean => mine === generation;
    const until = clock.now() + buildMs;
    await new Promise((resolve) => setTimeout(resolve, Math.max(1, clock.realSpan(until - clock.now()))));
    const why = wanted() ? await parts.deploy(run.version, wanted) : null;
    if (!wanted()) return;
    record(run, why === null ? 'deployed' : 'failed', why);
    parts.say(
      why === null
        ? `Deployed ${run.version} (${run.sha.slice(0, 8)}: ${run.message})`
        : `Deploy of ${run.version} failed: ${why}`,
    );
    if (why !== null && run.attempts < mostAttempts) queue.unshift(run);
  }

  return {
    async prepare(released) {
      mkdirSync(work, { recursive: true });
      await git('init', '--quiet', '--bare', '--template=', '--initial-branch=main', bare);
      await git('init', '--quiet', '--template=', '--initial-branch=main', work);
      writeFileSync(path.join(work, 'VERSION'), `${releases.previous.version}\n`);
      await commit(`Release ${releases.previous.version}`);
      if (released) {
        writeFileSync(path.join(work, 'VERSION'), `${releases.current.version}\n`);
        await commit(`Release ${releases.current.version}`);
      }
      await git('-C', work, 'push', '--quiet', bare, 'main');
      seen = headSha();
      publish();
    },
    async tick() {
      if (looking) return;
      looking = true;
      try {
        await look();
        const next = inFlight === null && !existsSync(pausedMarker) ? queue.shift() : undefined;
        if (next) {
          inFlight = next;
          underWay = perform(next).finally(() => {
            inFlight = null;
          });
          underWay.catch((error: unknown) => console.error(error)); // the platform's log
        }
        publish();
      } finally {
        looking = false;
      }
    },
    pause() {
      writeFileSync(pausedMarker, `${isoTime(clock.now())}\n`);
      publish();
    },
    resume() {
      rmSync(pausedMarker, { force: true });
      publish();
    },
    paused: () => existsSync(pausedMarker),
    async state() {
      await look();
      const sha = headSha();
      return {
        state: existsSync(pausedMarker) ? 'paused' : 'running',
        head: { sha, version: await versionAt(sha) },
        queue: queue.map(({ sha: one }) => one),
        inFlight: inFlight?.sha ?? null,
        history: existsSync(historyFile)
          ? readFileSync(historyFile, 'utf8')
              .split('\n')
              .filter(Boolean)
              .map((line): unknown => JSON.parse(line))
          : [],
      };
    },
    async push(message) {
      writeFileSync(path.join(work, 'CHANGES'), `${message}\n`, { flag: 'a' });
      await commit(message);
      await git('-C', work, 'push', '--quiet', bare, 'main');
      return headSha();
    },
    async revert() {
      const bad = await git('-C', work, 'log', '--format=%H', '-n', '1', '--', 'VERSION');
      await git('-C', work, 'revert', '--no-edit', bad);
      await git('-C', work, 'push', '--quiet', bare, 'main');
      return headSha();
    },
    async cancel() {
      generation += 1;
      await underWay.catch(() => {
        // logged where it was started
      });
    },
    async abandon() {
      generation += 1;
      queue.length = 0;
      await underWay.catch(() => {
        // logged where it was started
      });
    },
    settle() {
      queue.length = 0;
      seen = headSha();
      publish();
    },
  };
}
