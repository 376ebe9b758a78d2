import { spawn } from 'node:child_process';
import { mkdirSync, openSync, closeSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { ClientConnection } from '../../agent/messages.ts';
import { dial, keepListening, socketPath } from '../../agent/socket.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Fact } from '../../machine/facts.ts';
import { openDebts } from '../../machine/debts.ts';
import type { Composed } from '../compose.ts';
import { HostedElsewhere, composeSession } from '../compose.ts';
import { openLedgerForWriting } from '../ledger.ts';
import { programFile } from '../program-files.ts';
import { readStartFile, sessionFolder } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';

/** What the agent is told on its standard input: never on its command line, where others could read it. */
export interface AgentOrder {
  readonly session: string;
  readonly secrets: Readonly<Record<string, string>>;
  /** The first fact of a new session; null takes an old one up again. */
  readonly first: Extract<Fact, { type: 'session.started' }> | null;
  readonly by: string;
}

const startLimitMs = 30_000;
/** How long an agent whose session is over stays for the screens that still look at it. */
const lingerMs = 600_000;
const lookAgainMs = 1_000;

const socketOf = (around: Surroundings, session: string): string =>
  socketPath(session, {
    runtimeFolder: around.runtimeFolder,
    temporaryFolder: around.temporaryFolder,
    uid: around.uid,
  });

/** Where the agent says that it listens: its runtime folder may be another than that of who looks for it. */
const addressFile = (around: Surroundings, session: string): string =>
  join(sessionFolder(around, session), 'socket');

/** A connection to the agent that hosts the session, or null where none does. */
export async function dialAgent(around: Surroundings, session: string): Promise<ClientConnection | null> {
  const address = addressOf(around, session);
  const known = address === null ? null : await dial(address);
  return known ?? dial(socketOf(around, session));
}

function addressOf(around: Surroundings, session: string): string | null {
  try {
    return readFileSync(addressFile(around, session), 'utf8');
  } catch {
    return null; // it says nothing, or nobody listens
  }
}

/** On a full disk it is not kept: then the agent is found where whoever looks would have put its socket. */
function keepAddress(file: string, path: string): void {
  try {
    writeFileSync(`${file}.new`, path, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    rmSync(`${file}.new`, { force: true });
  }
}

/** Starts an agent in its own session, so that it outlives this terminal, and connects to it. */
export async function startAgent(around: Surroundings, order: AgentOrder): Promise<ClientConnection> {
  const folder = sessionFolder(around, order.session);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const log = openSync(join(folder, 'agent.log'), 'a', 0o600);
  const child = spawn(around.runtime, [programFile(around, 'walkback'), 'agent'], {
    detached: true,
    stdio: ['pipe', log, log],
    env: { ...around.env, WALKBACK_SESSION: order.session },
  });
  closeSync(log);
  child.stdin?.end(JSON.stringify(order));
  child.unref();
  for (let waited = 0; waited < startLimitMs; waited += 20) {
    const connection = await dialAgent(around, order.session);
    if (connection !== null) return connection;
    // an agent also ends at once where another one was quicker, and that one listens then
    if (child.exitCode !== null) {
      const other = await dialAgent(around, order.session);
      if (other !== null) return other;
      throw agentFailed(folder, child.exitCode);
    }
    await setTimeout(20);
  }
  throw agentFailed(folder, null);
}

function agentFailed(folder: string, code: number | null): OperatorError {
  const file = join(folder, 'agent.log');
  const words = readFileSync(file, 'utf8').trim().split('\n').slice(-6).join('\n');
  return new OperatorError(
    `The session’s own process ${code === null ? 'did not answer in time' : `ended at once (exit ${code})`}.\n${words}`,
    [`Read ${file}, then try again: walkback resume`],
    { exitCode: exitCode.failed },
  );
}

/** The agent: hosts one session until it is over, whatever becomes of the screens. */
export async function runAgent(
  around: Surroundings,
  order: AgentOrder,
  runnerFor?: Parameters<typeof composeSession>[4],
): Promise<void> {
  const ledger = openLedgerForWriting(around);
  const start = readStartFile(around, order.session);
  const composed = await unlessHosted(around, order.session, () =>
    composeSession(around, ledger, start, order.secrets, runnerFor),
  );
  if (composed === null) return ledger.close();
  const { session, host } = composed;
  await composed.begin(order.first, order.by);
  const server = await keepListening(
    () => socketOf(around, order.session),
    (connection) => host.connect(connection),
    (path) => keepAddress(addressFile(around, order.session), path),
  );

  const over = Promise.withResolvers<'ended' | 'stopped'>();
  // at the boundary: what runs is waited for, so that its ending is on record
  const standDown = (): void => void session.drain().then(() => over.resolve('stopped'));
  const look = (): void => {
    if (session.trouble() !== null) {
      // nothing can be recorded here any more: the next agent opens the ledger anew and catches up
      if (host.clients() === 0) standDown();
      else void setTimeout(lookAgainMs, undefined, { ref: false }).then(look);
    } else if (!stays(session.context()) && host.clients() === 0) over.resolve('ended');
  };
  session.subscribe(look);
  session.onFact((fact) => {
    if (fact.type === 'client.detached') look();
    if (fact.type === 'session.stopped') standDown();
    if (fact.type === 'session.closed')
      void setTimeout(lingerMs, undefined, { ref: false }).then(() => over.resolve('ended'));
  });
  let stopping = false;
  const stop = (signal: 'SIGTERM'): void => {
    process.exitCode = 143;
    const reason = `the agent got ${signal}`;
    // the second time it is meant: what runs goes on without us, and the next agent finds it
    if (stopping || !session.dispatch([{ type: 'session.stopped', by: order.by, reason }], order.by))
      over.resolve('stopped');
    stopping = true;
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  for (const ignored of ['SIGHUP', 'SIGINT', 'SIGPIPE'] as const) process.on(ignored, () => undefined);
  const why = await over.promise;
  server.close();
  await composed.close(why === 'ended' ? 'ended' : 'lost');
  ledger.close();
}

/**
 * Where two take up a session at the same instant, one hosts it; the other waits until that one listens, and answers
 * null: its terminal attaches there. Should the first one die before that, the other takes its place.
 */
async function unlessHosted(
  around: Surroundings,
  session: string,
  compose: () => Promise<Composed>,
): Promise<Composed | null> {
  for (let waited = 0; ; waited += 50) {
    try {
      return await compose();
    } catch (error) {
      if (!(error instanceof HostedElsewhere) || waited >= startLimitMs) throw error;
    }
    const other = await dialAgent(around, session);
    other?.close();
    if (other !== null) return null;
    await setTimeout(50);
  }
}

/** An agent stays while its session runs, and while a debt has a deadline to watch. */
function stays(context: Parameters<typeof openDebts>[0]): boolean {
  if (context.status === 'closed') return false;
  if (context.endedAt === null) return true;
  return openDebts(context).some(({ ttlMs, overdue }) => ttlMs !== null && !overdue);
}
