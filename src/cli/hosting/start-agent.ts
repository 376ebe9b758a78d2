import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { systemClock } from '../../actions/clock.ts';
import type { ClientConnection } from '../../agent/messages.ts';
import { dial, socketPath } from '../../agent/socket.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Fact } from '../../machine/facts.ts';
import { programFile } from '../program-files.ts';
import { newRecordId } from '../records/record-id.ts';
import { agentLog, sessionFolder } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';

/** What the agent is told on its standard input: never on its command line, where others could read it. */
export interface AgentOrder {
  readonly session: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** The first fact of a new session; null takes an old one up again. */
  readonly first: Extract<Fact, { type: 'session.started' }> | null;
  readonly by: string;
}

/** An agent that waits for its order: it loads its code while this process finds out what to order. */
export interface WaitingAgent {
  readonly session: string;
  /** Gives it its order, and connects to it. */
  readonly order: (order: AgentOrder) => Promise<ClientConnection>;
  /** Lets it go where nothing was ordered: it leaves, and nothing of it stays. Does nothing after an order. */
  readonly dismiss: () => void;
}

/** Names the runbook that an agent may load before its order comes. */
export const aheadVariable = 'WALKBACK_AHEAD';

export const startLimitMs = 30_000;
const lookEveryMs = 5;

export const agentSocket = (around: Surroundings, session: string): string =>
  socketPath(session, {
    runtimeFolder: around.runtimeFolder,
    temporaryFolder: around.temporaryFolder,
    uid: around.uid,
  });

/** Where the agent says that it listens: its runtime folder may be another than that of who looks for it. */
export const addressFile = (around: Surroundings, session: string): string =>
  join(sessionFolder(around, session), 'socket');

/** A connection to the agent that hosts the session, or null where none does. */
export async function dialAgent(around: Surroundings, session: string): Promise<ClientConnection | null> {
  const address = addressOf(around, session);
  const known = address === null ? null : await dial(address);
  return known ?? dial(agentSocket(around, session));
}

function addressOf(around: Surroundings, session: string): string | null {
  try {
    return readFileSync(addressFile(around, session), 'utf8');
  } catch {
    return null; // it says nothing, or nobody listens
  }
}

/** Starts an agent in its own session, so that it outlives this terminal, and connects to it. */
export const startAgent = (around: Surroundings, order: AgentOrder): Promise<ClientConnection> =>
  waitingAgent(around, order.session).order(order);

/**
 * Starts the agent of a session that does not exist yet, on a terminal; what makes it exist comes as its order. Null
 * where none can be started now: whoever starts it later is told why.
 * @param runbook what it will probably run, to be loaded meanwhile
 */
export function agentAhead(around: Surroundings, runbook: string | undefined): WaitingAgent | null {
  if (!around.isTerminal) return null;
  try {
    return waitingAgent(
      around,
      newRecordId(systemClock().now().iso),
      runbook === undefined ? null : resolve(around.cwd, runbook),
    );
  } catch {
    return null;
  }
}

function waitingAgent(around: Surroundings, session: string, ahead: string | null = null): WaitingAgent {
  const folder = sessionFolder(around, session);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const log = openSync(agentLog(folder), 'a', 0o600);
  const child = spawn(around.runtime, [programFile(around, 'walkback'), 'agent'], {
    detached: true,
    stdio: ['pipe', log, log],
    env: { ...around.env, WALKBACK_SESSION: session, ...(ahead === null ? {} : { [aheadVariable]: ahead }) },
  });
  closeSync(log);
  // told by its exit code, by its log, or by the time that is over
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  child.unref();
  return {
    session,
    order: (order) => {
      child.stdin?.end(JSON.stringify(order));
      return connected(around, folder, child, session);
    },
    dismiss: () => {
      if (child.stdin?.writableEnded === false) child.stdin.end();
    },
  };
}

async function connected(
  around: Surroundings,
  folder: string,
  child: ChildProcess,
  session: string,
): Promise<ClientConnection> {
  for (let waited = 0; waited < startLimitMs; waited += lookEveryMs) {
    const connection = await dialAgent(around, session);
    if (connection !== null) return connection;
    // an agent also ends at once where another one was quicker, and that one listens then
    if (child.exitCode !== null) {
      const other = await dialAgent(around, session);
      if (other !== null) return other;
      throw agentFailed(folder, child.exitCode);
    }
    await setTimeout(lookEveryMs);
  }
  throw agentFailed(folder, null);
}

function agentFailed(folder: string, code: number | null): OperatorError {
  const file = agentLog(folder);
  const words = readFileSync(file, 'utf8').trim().split('\n').slice(-6).join('\n');
  return new OperatorError(
    `The session’s own process ${code === null ? 'did not answer in time' : `ended at once (exit ${code})`}.\n${words}`,
    [`Read ${file}, then try again: walkback resume`],
    { exitCode: exitCode.failed },
  );
}
