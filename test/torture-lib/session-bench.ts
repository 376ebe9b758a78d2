import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { sessionVariable, startOf } from '../../src/actions/attempts/process-table.ts';
import type { CrashOrder, CrashVictim } from '../../src/actions/supervisor/crash-point.ts';
import { socketPath } from '../../src/agent/socket.ts';
import type { AgentOrder } from '../../src/cli/hosting/start-agent.ts';
import { prepareSession } from '../../src/cli/starting/start-session.ts';
import type { Surroundings } from '../../src/cli/surroundings.ts';
import type { SessionView } from '../../src/machine/view.ts';
import type { Answer, Intent } from '../../src/session/intents.ts';
import { until } from '../fixtures/runner/open-test-runner.ts';
import type { SessionPrograms } from './session-programs.ts';

/** One session that is driven from a screen of its own and killed again and again: real processes, a real ledger. */
export interface SessionBench {
  readonly session: string;
  readonly root: string;
  readonly around: Surroundings;
  /** The newest view that a screen showed since the last agent started; null before that. */
  view(): SessionView | null;
  /** Every view that a screen showed, as it was written. */
  readonly seen: readonly SessionView[];
  readonly refusals: readonly Extract<Answer, { ok: false }>[];
  pids(): Readonly<Record<'screen' | 'host', number | undefined>>;
  send(intent: Intent): void;
  /** Orders a kill; carried out once, by whichever process reaches the point. */
  arm(order: Pick<CrashOrder, 'at' | 'victims'>): void;
  disarm(): void;
  /** Whom the order struck, once they are all gone; null while it was not carried out. */
  struck(): readonly CrashVictim[] | null;
  /** Starts agent and screen where they are gone. True where an agent had to be started. */
  repair(): boolean;
  isGone(victim: 'screen' | 'host'): boolean;
  /** The exit code of the newest agent; null while it runs, and where a signal ended it. */
  exitCode(): number | null;
  /** Starts so many agents at once where none is, and waits until one is left; answers the exit codes of the others. */
  race(count: number): Promise<readonly (number | null)[]>;
  /** The socket that screens attach to. */
  readonly socket: string;
  /** Stops the agent as SIGTERM does and waits for the processes to end. */
  close(): Promise<void>;
}

export interface BenchOptions {
  readonly programs: SessionPrograms;
  /** The agent's program: the real one or the naive one. */
  readonly agent: string;
  /** Added to the agent's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** A folder of this session alone, with a short path. */
  readonly folder: string;
  readonly runbook: string;
}

type Heard = { readonly view?: SessionView; readonly attached?: true; readonly answer?: Answer };

export async function openSessionBench(options: BenchOptions): Promise<SessionBench> {
  const { folder, programs } = options;
  const root = path.join(folder, 'root');
  mkdirSync(root, { recursive: true, mode: 0o700 });
  for (const file of ['journal', 'effects']) writeFileSync(path.join(root, file), '');
  const file = path.join(root, 'kill_trial.yaml');
  writeFileSync(file, options.runbook);
  const order = path.join(folder, 'crash');
  const around = surroundingsIn(folder, programs.folder, options.env ?? {});
  const started = await prepareSession(around, {
    file,
    environment: null,
    given: {},
    mode: 'LIVE',
    breakGlass: null,
    ask: null,
    place: { values: {}, env: { WALKBACK_CRASH: order }, speed: 1, epoch: null },
  });
  const { session } = started.start;
  const env = { ...around.env, WALKBACK_CRASH: order, [sessionVariable]: session };
  const socket = socketPath(session, {
    runtimeFolder: around.runtimeFolder,
    temporaryFolder: around.temporaryFolder,
    uid: around.uid,
  });
  const seen: SessionView[] = [];
  const refusals: Extract<Answer, { ok: false }>[] = [];
  let view: SessionView | null = null;
  let stale = false;
  let agent = startAgent(started.first);
  let screen = startScreen();

  function startAgent(first: AgentOrder['first']): ChildProcess {
    const child = spawn(process.execPath, [options.agent], { env, stdio: ['pipe', 'ignore', 'inherit'] });
    const told: AgentOrder = { session, secrets: {}, first, by: around.user };
    child.stdin.on('error', () => {}); // it was killed before it had read its order
    child.stdin.end(JSON.stringify(told));
    return child;
  }

  function startScreen(): ChildProcess {
    const child = spawn(process.execPath, [programs.screen, socket, around.user], {
      env,
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    child.stdin.on('error', () => {});
    createInterface({ input: child.stdout }).on('line', (line) => hear(line));
    return child;
  }

  function hear(line: string): void {
    let heard: Heard;
    try {
      heard = JSON.parse(line);
    } catch {
      return; // its last words were cut short
    }
    if (heard.attached === true) stale = false;
    if (heard.answer?.ok === false) refusals.push(heard.answer);
    if (heard.view === undefined) return;
    seen.push(heard.view);
    if (!stale) view = heard.view;
  }

  const isGone = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null;

  return {
    session,
    root,
    around,
    view: () => view,
    seen,
    refusals,
    pids: () => ({ screen: screen.pid, host: agent.pid }),
    send: (intent) => void screen.stdin?.write(`${JSON.stringify(intent)}\n`),
    arm: ({ at, victims }) => {
      for (const end of ['.hit', '.doomed']) rmSync(`${order}${end}`, { force: true });
      const whole: CrashOrder = { at, victims, pids: { screen: screen.pid } };
      writeFileSync(`${order}.new`, JSON.stringify(whole));
      renameSync(`${order}.new`, order);
    },
    disarm: () => rmSync(order, { force: true }),
    struck: () => {
      const doomed = readDoomed(`${order}.doomed`);
      if (doomed === null) return null;
      if (doomed.some(({ pid }) => startOf(pid) !== null)) return null;
      const ours = doomed.map(({ pid }) => [agent, screen].find((child) => child.pid === pid));
      if (ours.some((child) => child !== undefined && !isGone(child))) return null;
      return doomed.map(({ victim }) => victim);
    },
    isGone: (victim) => isGone(victim === 'host' ? agent : screen),
    exitCode: () => agent.exitCode,
    race: async (count) => {
      stale = true;
      view = null;
      const racers = Array.from({ length: count }, () => startAgent(null));
      const losers = (): readonly ChildProcess[] => racers.filter(isGone);
      await until('one agent is left', () => losers().length >= count - 1, 120_000);
      agent = racers.find((child) => !isGone(child)) ?? agent;
      return losers().map(({ exitCode }) => exitCode);
    },
    socket,
    repair: () => {
      const restarts = isGone(agent);
      if (restarts) {
        stale = true;
        view = null;
        agent = startAgent(null);
      }
      if (isGone(screen)) {
        view = null;
        screen = startScreen();
      }
      return restarts;
    },
    close: async () => {
      for (const [child, stop] of [
        [agent, () => agent.kill('SIGTERM')],
        [screen, () => screen.kill('SIGKILL')],
      ] as const) {
        if (isGone(child)) continue;
        const ended = once(child, 'exit');
        stop();
        await ended;
      }
    },
  };
}

function surroundingsIn(
  folder: string,
  programFolder: string,
  more: Readonly<Record<string, string>>,
): Surroundings {
  const dataFolder = path.join(folder, 'data', 'walkback');
  const env = {
    PATH: process.env['PATH'] ?? '',
    HOME: folder,
    XDG_DATA_HOME: path.join(folder, 'data'),
    XDG_RUNTIME_DIR: path.join(folder, 'run'),
    NODE_COMPILE_CACHE: path.join(programFolder, 'compiled'),
    ...more,
  };
  mkdirSync(env.XDG_RUNTIME_DIR, { recursive: true, mode: 0o700 });
  return {
    env,
    cwd: folder,
    user: 'tester',
    uid: process.getuid?.() ?? 0,
    isTerminal: false,
    columns: 80,
    rows: 24,
    dataFolder,
    ledgerPath: more['WALKBACK_LEDGER'] ?? path.join(dataFolder, 'ledger.db'),
    sessionsFolder: path.join(dataFolder, 'sessions'),
    runtimeFolder: env.XDG_RUNTIME_DIR,
    temporaryFolder: folder,
    systemFolder: path.join(folder, 'etc'),
    programFolder,
    runtime: process.execPath,
    write: () => {},
    warn: () => {},
  };
}

function readDoomed(file: string): readonly { readonly victim: CrashVictim; readonly pid: number }[] | null {
  if (!existsSync(file)) return null;
  try {
    const doomed: { victim: CrashVictim; pid: number }[] = JSON.parse(readFileSync(file, 'utf8'));
    return doomed;
  } catch {
    return null; // it is being written
  }
}

/** Waits until the session rests: a person is asked for something, or it is over. */
export async function settled(bench: SessionBench, beyond: number): Promise<SessionView> {
  const restsNow = (): boolean => {
    const view = bench.view();
    return view !== null && view.revision > beyond && rests(view);
  };
  await until(`session ${bench.session} rests`, restsNow, 120_000).catch((error: unknown) => {
    const { current, revision, status } = bench.view() ?? { current: [], revision: 0, status: 'unseen' };
    const steps = current.map((step) => `${step.attempt} ${step.status}`).join();
    const gone = (['host', 'screen'] as const).filter((victim) => bench.isGone(victim));
    throw new Error(`${status}, ${steps}, revision ${revision} after ${beyond}, gone: ${gone.join()}`, {
      cause: error,
    });
  });
  const view = bench.view();
  if (view === null) throw new Error('the view went away');
  return view;
}

function rests({ status, current }: SessionView): boolean {
  if (status === 'closed' || status === 'ended') return current.length === 0;
  const [step] = current;
  if (step === undefined) return false;
  if (step.status === 'in_doubt') return step.probe !== null;
  return step.status === 'ready' || step.status === 'failed' || step.status === 'unknown';
}
