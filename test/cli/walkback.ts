import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { openTerminal } from '../tty-lib/terminal.ts';
import type { TestTerminal } from '../tty-lib/terminal.ts';
import { builtProgram } from './built-program.ts';

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  /** The exit code; 128 + n for a signal. */
  readonly code: number;
  readonly ms: number;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What stands on standard input, which is closed then; nothing unless given. */
  readonly input?: string;
}

/** A machine of its own for the program: home, data, runtime and working folder in one temporary folder. */
export interface Machine {
  readonly folder: string;
  readonly ledger: string;
  readonly env: Readonly<Record<string, string>>;
  /** Runs the program to its end, without a terminal. */
  readonly walkback: (args: readonly string[], options?: StartOptions) => Promise<Ended>;
  /** Starts the program without a terminal and leaves it running. */
  readonly start: (args: readonly string[], options?: StartOptions) => Running;
  /** Starts the program for a person at a terminal, on the linear front end. */
  readonly person: (args: readonly string[], options?: StartOptions) => TestTerminal;
  readonly file: (name: string, text: string | Uint8Array) => string;
  readonly sql: (sql: string) => readonly unknown[];
  /** Processes of this machine that run now: those that carry its folder in their environment. */
  readonly processes: () => readonly { readonly pid: number; readonly command: string }[];
  readonly remove: () => Promise<void>;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  readonly stdout: () => string;
}

const marker = 'WALKBACK_TEST_MACHINE';
/** A program that has not ended by then hangs. */
const hangsMs = 110_000;

export async function openMachine(): Promise<Machine> {
  const launcher = await builtProgram();
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'wb-cli-')));
  const work = join(folder, 'work');
  for (const name of ['home', 'data', 'run', 'tmp', 'work']) mkdirSync(join(folder, name), { mode: 0o700 });
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: join(folder, 'home'),
    XDG_DATA_HOME: join(folder, 'data'),
    XDG_RUNTIME_DIR: join(folder, 'run'),
    TMPDIR: join(folder, 'tmp'),
    // beside the build: a folder of its own for each machine would have every program compiled anew
    NODE_COMPILE_CACHE: join(dirname(launcher), '../compiled'),
    LANG: 'C.UTF-8',
    [marker]: folder,
  };
  const ledger = join(folder, 'data/walkback/ledger.db');
  const terminals: TestTerminal[] = [];

  function start(args: readonly string[], options: StartOptions = {}): Running {
    const since = performance.now();
    const child = spawn(process.execPath, [launcher, ...args], {
      cwd: options.cwd ?? work,
      env: { ...env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const printed = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (printed.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (printed.stderr += text));
    child.stdin.on('error', () => undefined); // it need not read what it is given
    child.stdin.end(options.input ?? '');
    const ended = new Promise<Ended>((settle, fail) => {
      const timer = setTimeout(() => {
        child.kill('SIGKILL');
        fail(new Error(`walkback ${args.join(' ')} hangs; it printed:\n${printed.stdout}${printed.stderr}`));
      }, hangsMs);
      child.once('error', fail);
      child.once('close', (code, signal) => {
        clearTimeout(timer);
        settle({
          ...printed,
          code: code ?? 128 + (signal === 'SIGTERM' ? 15 : 9),
          ms: performance.now() - since,
        });
      });
    });
    return { child, ended, stdout: () => printed.stdout };
  }

  const processes = (): readonly { readonly pid: number; readonly command: string }[] =>
    readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => {
        const own = (file: string): string => {
          try {
            return readFileSync(`/proc/${name}/${file}`, 'utf8');
          } catch {
            return ''; // it has ended meanwhile
          }
        };
        if (!own('environ').includes(`${marker}=${folder}`)) return [];
        return [{ pid: Number(name), command: own('cmdline').replaceAll('\0', ' ').trim() }];
      });

  return {
    folder: work,
    ledger,
    env,
    walkback: (args, options) => start(args, options).ended,
    start,
    person(args, options = {}) {
      const terminal = openTerminal({
        command: process.execPath,
        args: [launcher, ...args],
        cols: 200,
        rows: 120,
        cwd: options.cwd ?? work,
        env: { ...nothingFrom(process.env), ...env, ACCESSIBLE: '1', ...options.env },
      });
      terminals.push(terminal);
      return terminal;
    },
    file(name, text) {
      const path = join(work, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return path;
    },
    sql(sql) {
      const database = new Database(ledger, { readonly: true });
      try {
        return database.prepare(sql).all();
      } finally {
        database.close();
      }
    },
    processes,
    async remove() {
      await Promise.all(terminals.map((terminal) => terminal.kill()));
      for (const { pid } of processes()) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch {
          // it ended by itself
        }
      }
      await until(() => processes().length === 0, 'its processes to end');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Takes every variable of the tests' own environment out, so that only the machine's own remain. */
const nothingFrom = (env: NodeJS.ProcessEnv): Record<string, undefined> =>
  Object.fromEntries(Object.keys(env).map((name) => [name, undefined]));

/** Waits for a condition; fails after a minute with what was waited for. */
export async function until(condition: () => boolean, what: string, timeoutMs = 60_000): Promise<void> {
  const end = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resume) => setTimeout(resume, 20));
  }
}
