import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { exitCode, OperatorError } from '../errors.ts';
import { call, fields, type Answer } from './http.ts';
import { endSandboxProcesses } from './leftovers.ts';
import { memoryFlags } from './platform/children.ts';
import type { FaultId } from './platform/faults.ts';
import type { PlatformStart } from './platform/start.ts';
import { releases } from './releases.ts';
import { inheritedPath } from './spawn-environment.ts';
import {
  readState,
  readToken,
  tokenFile,
  writeState,
  type SandboxState,
  type SandboxValues,
} from './state.ts';

/** A shop that is up. */
export interface Sandbox {
  readonly folder: string;
  readonly token: string;
  /** Holds `shopctl`: put it first on the PATH of whoever works on the shop. */
  readonly bin: string;
  /** What shopctl needs in its environment. */
  readonly env: { readonly WALKBACK_SANDBOX: string };
  /** The values of a runbook's environment. */
  readonly values: SandboxValues;
  readonly instances: readonly { readonly name: string; readonly url: string }[];
  readonly pid: number;
  readonly seed: number;
  readonly speed: number;
  /** Domain time of the release, epoch milliseconds; null where it is not out. */
  readonly releasedAt: number | null;
}

export interface SandboxOptions {
  /** A folder that is new or empty; left out, one in the temporary folder. */
  readonly folder?: string;
  readonly seed: number;
  /** Domain seconds in a real one. */
  readonly speed: number;
  readonly version?: 'released' | 'before';
  /** `main.ts`, or the bundle made of it. */
  readonly entry: string;
  readonly runtime: string;
  /** The sandbox ends when this process does. */
  readonly parentPid?: number;
  readonly maxLifetimeMs?: number;
  /** Customers in the closed loop; 16 if left out. */
  readonly clients?: number;
}

const defaultLifetimeMs = 12 * 3_600_000;
const readyWithinMs = 30_000;

/** Starts the shop and waits until it serves. Whatever happens, `sandboxDown` on the folder removes it. */
export async function sandboxUp(options: SandboxOptions): Promise<Sandbox> {
  const folder = claimFolder(options.folder);
  const token = randomBytes(24).toString('hex');
  const { seed, speed } = options;
  writeFileSync(tokenFile(folder), `${token}\n`, { mode: 0o600 });
  writeState({
    format: 1,
    status: 'starting',
    folder,
    seed,
    speed,
    pid: null,
    clock: null,
    values: null,
    instances: [],
    releasedAt: null,
  });
  writeCommand(folder, options);
  try {
    await startPlatform(
      folder,
      {
        type: 'start',
        folder,
        token,
        seed,
        speed,
        version: options.version === 'before' ? releases.previous.version : releases.current.version,
        parentPid: options.parentPid ?? null,
        maxLifetimeMs: options.maxLifetimeMs ?? defaultLifetimeMs,
        clients: options.clients ?? 16,
      },
      options,
    );
  } catch (error) {
    await sandboxDown({ folder });
    throw new OperatorError(
      `The sandbox did not come up: ${error instanceof Error ? error.message : String(error)}.`,
      [
        'Check that `git` can be run, and that the temporary folder can be written.',
        'Then run `walkback sandbox up` again.',
      ],
      { cause: error, exitCode: exitCode.failed },
    );
  }
  return describeSandbox(folder);
}

function claimFolder(wanted: string | undefined): string {
  if (wanted === undefined) return realpathSync(mkdtempSync(path.join(tmpdir(), 'walkback-sandbox-')));
  mkdirSync(wanted, { recursive: true, mode: 0o700 });
  if (readToken(wanted) !== null) {
    throw new OperatorError(`A sandbox is already in ${wanted}.`, [
      'Use it: `walkback sandbox status` shows it.',
      'Or end it: `walkback sandbox down`.',
    ]);
  }
  if (readdirSync(wanted).length > 0) {
    throw new OperatorError(`The folder ${wanted} is not empty.`, ['Choose a folder that is new or empty.']);
  }
  return realpathSync(wanted);
}

/** `bin/shopctl`: the bundle again, in the role of the shop's own command. */
function writeCommand(folder: string, { runtime, entry }: SandboxOptions): void {
  const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;
  mkdirSync(path.join(folder, 'bin'));
  mkdirSync(path.join(folder, 'log'));
  const file = path.join(folder, 'bin', 'shopctl');
  writeFileSync(
    file,
    `#!/bin/sh\nexec ${quote(runtime)} --no-warnings ${quote(path.resolve(entry))} shopctl "$@"\n`,
  );
  chmodSync(file, 0o755);
}

async function startPlatform(
  folder: string,
  start: PlatformStart,
  { runtime, entry }: SandboxOptions,
): Promise<void> {
  const log = openSync(path.join(folder, 'log', 'platform.log'), 'a');
  const child = spawn(runtime, [...memoryFlags(8), path.resolve(entry), 'platform', folder], {
    detached: true, // a group of its own: the terminal's Ctrl-C is not for the shop
    stdio: ['ignore', log, log, 'ipc'],
    cwd: folder,
    env: { PATH: inheritedPath(), HOME: folder, WALKBACK_SANDBOX: folder, WALKBACK_SANDBOX_ROLE: 'platform' },
  });
  closeSync(log);
  const state = readState(folder);
  if (state) writeState({ ...state, pid: child.pid ?? null }); // known before anything can go wrong
  try {
    await answered(child, start);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  child.unref();
}

function answered(child: ChildProcess, start: PlatformStart): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('it was not ready in time')), readyWithinMs);
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`its platform ended with ${String(code)}`)));
    child.once('message', (answer: Readonly<Record<string, unknown>>) => {
      clearTimeout(timer);
      child.removeAllListeners('exit');
      if (answer['type'] === 'ready') resolve();
      else reject(new Error(String(answer['why'])));
    });
    child.send(start);
  });
}

/** The sandbox in a folder; throws where it is not up. */
export function describeSandbox(folder: string): Sandbox {
  const state = readState(folder);
  const token = readToken(folder);
  if (state === null || token === null || state.values === null || state.pid === null) throw notUp(folder);
  const { values, instances, pid, seed, speed, releasedAt } = state;
  return {
    folder,
    token,
    bin: path.join(folder, 'bin'),
    env: { WALKBACK_SANDBOX: folder },
    values,
    instances,
    pid,
    seed,
    speed,
    releasedAt,
  };
}

const notUp = (folder: string): OperatorError =>
  new OperatorError(`There is no sandbox up in ${folder}.`, ['Run `walkback sandbox up`.'], {
    exitCode: exitCode.refused,
  });

export type SandboxStatus =
  | { readonly status: 'up'; readonly sandbox: Sandbox; readonly domainTime: string }
  /** Started and gone, or stopped half way: `sandboxDown` clears it. */
  | { readonly status: 'broken'; readonly state: SandboxState }
  | { readonly status: 'none' };

/** Whether the sandbox of a folder answers with its own token. */
export async function sandboxStatus(options: { readonly folder: string }): Promise<SandboxStatus> {
  const state = readState(options.folder);
  if (state === null) return { status: 'none' };
  if (state.values === null || !(await proves(options.folder, state.values)))
    return { status: 'broken', state };
  const clock = fields((await call(`${state.values.platform}/clock`)).text);
  return { status: 'up', sandbox: describeSandbox(options.folder), domainTime: String(clock['domain']) };
}

/** Whether the platform that the folder names answers with the token that lies in the folder. */
export async function proves(folder: string, values: SandboxValues): Promise<boolean> {
  const token = readToken(folder);
  const answer = await call(`${values.platform}/token-proof`, { timeoutMs: 2_000 }).catch(() => null);
  return token !== null && answer !== null && fields(answer.text)['token'] === token;
}

/** Ends every process of the sandbox and removes its folder; also one that only half came up. Does nothing where there is none. */
export async function sandboxDown(options: { readonly folder: string }): Promise<void> {
  if (!existsSync(options.folder)) return;
  const folder = realpathSync(options.folder);
  if (readToken(folder) === null) {
    throw new OperatorError(
      `${folder} is not a sandbox: it has no token.`,
      ['Name the folder that `walkback sandbox status` shows.'],
      { exitCode: exitCode.refused },
    );
  }
  const state = readState(folder);
  const up = state?.values ? await proves(folder, state.values) : false;
  if (up) await control(folder, 'POST', '/shutdown', {}).catch(() => null);
  const left = await endSandboxProcesses(folder, state?.pid ?? null, up ? 3_000 : 0);
  if (left.length > 0) {
    throw new OperatorError(
      `Processes of the sandbox would not end: ${left.join(', ')}.`,
      ['Run `walkback sandbox down` again.'],
      { exitCode: exitCode.failed },
    );
  }
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Keeps the whole shop as it is now under a name. */
export async function sandboxSnapshot(options: {
  readonly folder: string;
  readonly name?: string;
}): Promise<void> {
  expectDone(await control(options.folder, 'POST', '/snapshot', { name: options.name ?? 'default' }));
}

/** Puts the shop back to a snapshot: data, releases, weights, silences, metrics and domain time. Disarms every fault. */
export async function sandboxRestore(options: {
  readonly folder: string;
  readonly name?: string;
}): Promise<void> {
  expectDone(await control(options.folder, 'POST', '/restore', { name: options.name ?? 'default' }));
}

/** Arms a fault. `afterMs` is real time; left out, the seed decides. Answers the real time until it bites. */
export async function armFault(options: {
  readonly folder: string;
  readonly fault: FaultId;
  readonly seed: number;
  readonly afterMs?: number;
}): Promise<{ readonly afterMs: number }> {
  const { folder, fault, seed, afterMs } = options;
  const answer = await control(folder, 'POST', '/faults/arm', {
    fault,
    seed,
    ...(afterMs === undefined ? {} : { afterMs }),
  });
  return { afterMs: Number(expectDone(answer)['afterMs']) };
}

export async function disarmFault(options: { readonly folder: string }): Promise<void> {
  expectDone(await control(options.folder, 'POST', '/faults/disarm', {}));
}

function expectDone(answer: Answer): Readonly<Record<string, unknown>> {
  const body = fields(answer.text);
  if (answer.status < 300) return body;
  throw new OperatorError(
    `The sandbox refused: ${String(body['error'])}.`,
    ['Run `walkback sandbox status`.'],
    { exitCode: exitCode.failed },
  );
}

async function control(folder: string, method: string, route: string, body: unknown): Promise<Answer> {
  const { values, token } = describeSandbox(folder);
  if (!(await proves(folder, values))) throw notUp(folder);
  return call(`${values.platform}${route}`, {
    method,
    body,
    headers: { 'x-sandbox-token': token },
    timeoutMs: 30_000,
  });
}
