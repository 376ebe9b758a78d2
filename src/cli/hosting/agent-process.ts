import { renameSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { keepListening } from '../../agent/socket.ts';
import { openDebts } from '../../machine/debts.ts';
import type { Composed } from '../compose.ts';
import { HostedElsewhere, composeSession } from '../compose.ts';
import { openLedgerForWriting } from '../ledger.ts';
import { readStartFile } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';
import type { AgentOrder } from './start-agent.ts';
import { addressFile, agentSocket, dialAgent, startLimitMs } from './start-agent.ts';

/** How long an agent whose session is over stays for the screens that still look at it. */
const lingerMs = 600_000;
const lookAgainMs = 1_000;

/** On a full disk it is not kept: then the agent is found where whoever looks would have put its socket. */
function keepAddress(file: string, path: string): void {
  try {
    writeFileSync(`${file}.new`, path, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  } catch {
    rmSync(`${file}.new`, { force: true });
  }
}

/** The agent: hosts one session until it is over, whatever becomes of the screens. */
export async function runAgent(
  around: Surroundings,
  order: AgentOrder,
  runnerFor?: Parameters<typeof composeSession>[4],
  load?: Parameters<typeof composeSession>[5],
): Promise<void> {
  const ledger = openLedgerForWriting(around);
  const start = readStartFile(around, order.session);
  const composed = await unlessHosted(around, order.session, () =>
    composeSession(around, ledger, start, order.secrets, runnerFor, load),
  );
  if (composed === null) return ledger.close();
  const { session, host } = composed;
  await composed.begin(order.first, order.by);
  const server = await keepListening(
    () => agentSocket(around, order.session),
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
