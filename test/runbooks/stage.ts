import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'vitest';
import { placeOf } from '../../src/cli/commands/drill.ts';
import { hostSession } from '../../src/cli/hosting/host-session.ts';
import { openLedgerForReading } from '../../src/cli/ledger.ts';
import { readRecord } from '../../src/cli/records/record.ts';
import type { StartOptions, Started } from '../../src/cli/starting/start-session.ts';
import { prepareSession } from '../../src/cli/starting/start-session.ts';
import type { Surroundings } from '../../src/cli/surroundings.ts';
import type { OperatorEnd } from '../../src/drill/operator.ts';
import { scriptedOperator } from '../../src/drill/operator.ts';
import { acceptedPolicy, firstOf, type Policy } from '../../src/drill/policy.ts';
import { postmortemDebt } from '../../src/session/postmortem-duty.ts';
import { eventsOf } from '../../src/report/story.ts';
import type { SessionView } from '../../src/machine/view.ts';
import type { Outcome } from '../../src/runbook/model/step.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import type { RecordedFact } from '../../src/session/ports.ts';
import { builtProgram } from '../cli/built-program.ts';
import { must, waitUntil } from '../sandbox/support.ts';

/** What a run of the program finds around it, in a folder of its own: its data, its home, its temporary files. */
export interface Stage {
  readonly folder: string;
  readonly home: string;
  readonly around: Surroundings;
  /** Everything the program printed. */
  readonly printed: () => string;
  /** Fails where a process is left that was started from here; then removes the folder. */
  readonly clear: () => Promise<void>;
}

export const repository = path.resolve(import.meta.dirname, '../..');
export const shipped = (...names: readonly string[]): string => path.join(repository, 'runbooks', ...names);

/** The processes that a session starts are the bundles that ship: they start in half the time of the sources. */
const programFolder = path.resolve(path.dirname(await builtProgram()), '../dist');

export function openStage(user = 'ada'): Stage {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'walkback-stage-')));
  const home = path.join(folder, 'home');
  const dataFolder = path.join(folder, 'data', 'walkback');
  for (const made of [home, dataFolder]) mkdirSync(made, { recursive: true, mode: 0o700 });
  const printed: string[] = [];
  const around: Surroundings = {
    env: { PATH: `${path.dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`, HOME: home, USER: user },
    cwd: home,
    user,
    uid: process.getuid?.() ?? 0,
    isTerminal: false,
    columns: 100,
    rows: 40,
    dataFolder,
    ledgerPath: path.join(dataFolder, 'ledger.db'),
    sessionsFolder: path.join(dataFolder, 'sessions'),
    runtimeFolder: undefined,
    temporaryFolder: folder,
    systemFolder: path.join(folder, 'etc'),
    programFolder,
    runtime: process.execPath,
    write: (text) => void printed.push(text),
    warn: (text) => void printed.push(text),
  };
  return {
    folder,
    home,
    around,
    printed: () => printed.join(''),
    clear: async () => {
      try {
        await waitUntil(
          'no process of the stage is left',
          async () => processesWith(folder),
          (left) => left.length === 0,
        );
      } finally {
        rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
      }
    },
  };
}

/** Prepares a session as for a person who says no more than which runbook: live, and nobody is there to be asked. */
export const prepareOf = (
  around: Surroundings,
  file: string,
  said: Partial<StartOptions> = {},
): Promise<Started> =>
  prepareSession(around, {
    file,
    environment: null,
    given: {},
    mode: 'LIVE',
    breakGlass: null,
    ask: null,
    place: null,
    ...said,
  });

/** Git in a folder of a stage, deaf to the settings of whoever runs the tests. */
export const gitIn =
  ({ around }: Stage, cwd: string) =>
  (...args: readonly string[]): string => {
    const env = { ...around.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
    return execFileSync('git', args, { cwd, encoding: 'utf8', env }).trim();
  };

/** Every other living process whose environment speaks of this folder or session. Linux; elsewhere nothing is seen. */
function processesWith(mark: string): readonly string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(mark);
    } catch {
      return false;
    }
  });
}

export interface Run {
  readonly end: OperatorEnd;
  readonly view: SessionView;
  readonly facts: readonly RecordedFact[];
  readonly session: string;
  readonly started: Started;
}

export interface RunOptions {
  readonly file: string;
  /** Left out for a runbook that works on no environment. */
  readonly environment?: string | null;
  /** The place of the environment `sandbox`. */
  readonly sandbox?: Sandbox;
  readonly mode?: 'LIVE' | 'DRILL';
  readonly given?: Readonly<Record<string, string>>;
  /** In front of the accepted one. */
  readonly policy?: Policy;
  /** Once the session exists and nobody has acted yet. */
  readonly before?: (started: Started) => void;
}

/** Runs a session as the program does, from the file to the closed ledger, with an operator made of a policy. */
export async function runThrough({ around }: Stage, options: RunOptions): Promise<Run> {
  const { sandbox } = options;
  const started = await prepareOf(around, options.file, {
    environment:
      options.environment === undefined ? (sandbox === undefined ? null : 'sandbox') : options.environment,
    given: options.given ?? {},
    mode: options.mode ?? 'DRILL',
    place: sandbox === undefined ? null : placeOf(around, sandbox),
  });
  options.before?.(started);
  const hosted = await hostSession(around, { ...started, inAgent: false });
  const operator = scriptedOperator({
    client: hosted.client,
    policy: options.policy === undefined ? acceptedPolicy : firstOf(options.policy, acceptedPolicy),
  });
  try {
    const end = await operator.ended;
    return {
      end,
      view: hosted.client.view(),
      session: started.start.session,
      started,
      facts: factsOf(around, started),
    };
  } finally {
    operator.stop();
    await hosted.release();
  }
}

function factsOf(around: Surroundings, { start }: Started): readonly RecordedFact[] {
  const record = readRecord(around, start.session);
  record.ledger.close();
  return record.events;
}

/** What the ledger's own proof says of a session. */
function verified({ around }: Stage, session: string): boolean {
  const ledger = openLedgerForReading(around);
  try {
    return ledger?.verify(session).ok === true;
  } finally {
    ledger?.close();
  }
}

/** Takes one option of a decision, whatever is recommended; each time it is asked, or the first `times` times. */
export const chosen =
  (step: string, option: string, reason: string, times = 100): Policy =>
  (situation) =>
    situation.at === 'step' &&
    situation.step.place.step === step &&
    situation.step.question !== null &&
    situation.tried('choose') < times
      ? {
          type: 'choose',
          place: situation.step.place,
          attempt: situation.step.attempt,
          option,
          reason,
          fields: {},
          objection: null,
        }
      : null;

/** Turns a session away from its way where a step waits for the person, once. */
export const abortingAt =
  (step: string, reason: string): Policy =>
  (situation) =>
    situation.at === 'step' && situation.step.place.step === step && situation.view.status === 'running'
      ? { type: 'abort', reason }
      : null;

/** The ids of the steps that were come to, in order, each as often as it was. */
export const stepsOf = ({ facts }: Pick<Run, 'facts'>): readonly string[] =>
  eventsOf(facts, 'step.readied').map(({ fact }) => fact.place.step);

/**
 * The session is over as it should be: closed, nothing refused, nothing owed but what is due later (by its title) and, at
 * most, its post-mortem; and the ledger proves itself.
 */
export function expectEnd(stage: Stage, run: Run, outcome: Outcome, dueLater: readonly string[] = []): void {
  expect(run.end.why, run.end.detail).toBe('closed');
  expect(run.view.outcome).toBe(outcome);
  expect(run.end.sent.filter(({ answer }) => !answer.ok)).toEqual([]);
  const left = run.view.obligations.filter(({ state }) => state !== 'proved');
  const owed = left.filter(({ key }) => key !== postmortemDebt);
  expect(owed.map(({ title, state }) => `${state}: ${title}`)).toEqual(
    dueLater.map((title) => `carried: ${title}`),
  );
  expect(eventsOf(run.facts, 'session.closed').map(({ fact }) => fact.openDebts)).toEqual([left.length]);
  expect(verified(stage, run.session)).toBe(true);
}

/** Every debt is given back, and the shop serves this release on its schema. */
export async function expectShop(sandbox: Sandbox, release: '1.9.3' | '2.0.0'): Promise<void> {
  expect({
    census: await must(sandbox, 'census'),
    schema: await must(sandbox, 'schema', 'version'),
    verified: await must(sandbox, 'schema', 'verify'),
    writes: await must(sandbox, 'freeze-state'),
    pipeline: await must(sandbox, 'ci', 'state'),
    jobs: await must(sandbox, 'jobs', 'state'),
    silences: await must(sandbox, 'silences'),
  }).toEqual({
    census: `4/4 on ${release}`,
    schema: release === '1.9.3' ? '2' : '5',
    verified: 'every migration is as it should be',
    writes: 'open',
    pipeline: 'running',
    jobs: 'running',
    silences: 'no silence is active',
  });
}
