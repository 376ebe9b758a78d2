import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { builtProgram } from '../test/cli/built-program.ts';

/** A place of its own for one bench: folders, environment, and the built program. */
export interface World {
  readonly folder: string;
  /** `bin/walkback.cjs` of a build of the sources as they are. */
  readonly launcher: string;
  readonly env: Readonly<Record<string, string>>;
  readonly ledger: string;
  /** Rounds to take: fewer with `--quick`. */
  readonly rounds: number;
  readonly quick: boolean;
}

const mark = 'WALKBACK_BENCH';

export async function openWorld(quick: boolean): Promise<World> {
  const folder = mkdtempSync(path.join(tmpdir(), 'walkback-bench-'));
  for (const name of ['home', 'data', 'tmp', 'cache']) mkdirSync(path.join(folder, name), { mode: 0o700 });
  return {
    folder,
    launcher: await builtProgram(),
    env: {
      PATH: process.env['PATH'] ?? '/usr/bin:/bin',
      HOME: path.join(folder, 'home'),
      XDG_DATA_HOME: path.join(folder, 'data'),
      TMPDIR: path.join(folder, 'tmp'),
      NODE_COMPILE_CACHE: path.join(folder, 'cache'),
      TERM: 'xterm-256color',
      LANG: 'C.UTF-8',
      [mark]: folder,
    },
    ledger: path.join(folder, 'data', 'walkback', 'ledger.db'),
    rounds: quick ? 3 : 9,
    quick,
  };
}

/** Ends whatever still carries the bench's mark, and removes its folder. */
export async function closeWorld({ folder }: World): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    const left = processesOf(folder);
    if (left.length === 0) break;
    for (const pid of left) {
      try {
        process.kill(pid, tries < 20 ? 'SIGTERM' : 'SIGKILL');
      } catch {
        // gone meanwhile
      }
    }
    await pause(100);
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}

/** The processes that were started in this world. */
function processesOf(folder: string): readonly number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/u.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/environ`, 'utf8').includes(`${mark}=${folder}`);
      } catch {
        return false;
      }
    })
    .map(Number);
}

/** Runs a program to its end; milliseconds. Throws where it fails. */
export async function timed(
  world: World,
  argv: readonly string[],
  codes: readonly number[] = [0],
): Promise<number> {
  const [program = '', ...args] = argv;
  const begun = performance.now();
  const { exitCode, stderr } = await execa(program, args, {
    cwd: world.folder,
    env: world.env,
    extendEnv: false,
    stdin: 'ignore',
    stdout: 'ignore',
    reject: false,
  });
  const took = performance.now() - begun;
  if (exitCode === undefined || !codes.includes(exitCode)) {
    throw new Error(`${argv.join(' ')} ended with ${String(exitCode)}: ${stderr.slice(-2000)}`);
  }
  return took;
}

/** Takes turns, so that a busy moment falls on everything alike; the first round warms up and is not counted. */
export async function interleaved<Name extends string>(
  rounds: number,
  runs: Readonly<Record<Name, () => Promise<number>>>,
): Promise<Readonly<Record<Name, readonly number[]>>> {
  const names = Object.keys(runs) as Name[];
  const found = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round += 1) {
    for (const name of names) {
      const took = await runs[name]();
      if (round > 0) found[name].push(took);
    }
  }
  return found;
}

export function writeRunbook(world: World, name: string, steps: readonly string[]): string {
  const file = path.join(world.folder, `${name}.yaml`);
  writeFileSync(
    file,
    `walkback: 1
id: ${name}
title: Bench of ${name}
service: bench
objective: 5m
maturity: draft
phases:
  - id: all
    title: All of it
    steps:
${steps.map((step) => `      - ${step}\n`).join('')}      - { id: done, title: Done, end: rolled_back }
`,
  );
  return file;
}

export const trueSteps = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `{ id: s${index}, run: ['true'], read_only: true }`);

/** Runs a runbook without a terminal; answers how long it took and the session's name. */
export async function runPlain(
  world: World,
  file: string,
  onStart: (pid: number) => void = () => undefined,
): Promise<{ readonly ms: number; readonly session: string }> {
  const begun = performance.now();
  const child = execa(process.execPath, [world.launcher, 'run', '--plain', file], {
    cwd: world.folder,
    env: world.env,
    extendEnv: false,
    stdin: 'ignore',
    reject: false,
  });
  onStart(child.pid ?? 0);
  const { exitCode, stdout, stderr } = await child;
  const ms = performance.now() - begun;
  const session = /\d{8}-\d{4}-[a-z]{4}/u.exec(stdout)?.[0];
  if (session === undefined || (exitCode !== 0 && !stdout.includes('resume with'))) {
    throw new Error(
      `the run of ${file} ended with ${String(exitCode)}: ${stdout.slice(-1000)}${stderr.slice(-1000)}`,
    );
  }
  return { ms, session };
}
