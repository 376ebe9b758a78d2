import { setTimeout } from 'node:timers/promises';
import { OperatorError, exitCode } from '../../errors.ts';
import type { SessionClient } from '../../session/client.ts';
import { attachClient } from '../../agent/client.ts';
import { memoryDuplex } from '../../agent/messages.ts';
import type { Fact } from '../../machine/facts.ts';
import { openLedgerForWriting } from '../ledger.ts';
import type { StartFile } from '../starting/session-folder.ts';
import { agentLog, sessionFolder } from '../starting/session-folder.ts';
import type { Surroundings } from '../surroundings.ts';
import type { WaitingAgent } from './start-agent.ts';
import { dialAgent, startAgent } from './start-agent.ts';

export interface Hosted {
  readonly client: SessionClient;
  /** True where an agent hosts it: it goes on when this terminal is gone. */
  readonly outlives: boolean;
  /** Ends the host where it lives in this process; an agent stays as long as it has to. */
  readonly release: () => Promise<void>;
}

export interface HostRequest {
  readonly start: StartFile;
  readonly secrets: Readonly<Record<string, string>>;
  readonly first: Extract<Fact, { type: 'session.started' }> | null;
  /** Its own process, which outlives this terminal; otherwise the session lives and waits with this one. */
  readonly inAgent: boolean;
  /** An agent that was started ahead for this very session. */
  readonly agent?: WaitingAgent | null;
}

const clientName = (around: Surroundings): string =>
  around.env['SSH_TTY'] ?? around.env['TERM_PROGRAM'] ?? `pid ${process.pid}`;

/** Hosts a new or an old session and attaches to it. */
export async function hostSession(around: Surroundings, request: HostRequest): Promise<Hosted> {
  const { start, secrets, first } = request;
  const who = { user: around.user, client: clientName(around), drives: true };
  if (request.inAgent) {
    const order = { session: start.session, secrets, first, by: around.user };
    const connection = await (request.agent?.order(order) ?? startAgent(around, order));
    const client = await attachClient(connection, who);
    return { client, outlives: true, release: () => Promise.resolve() };
  }
  // loaded only where the session lives in this process
  const { composeSession } = await import('../compose.ts');
  const ledger = openLedgerForWriting(around);
  const composed = await composeSession(around, ledger, start, secrets);
  await composed.begin(first, around.user);
  const { host, client } = memoryDuplex();
  composed.host.connect(host);
  return {
    client: await attachClient(client, who),
    outlives: false,
    release: async () => {
      const over = composed.session.context().status === 'closed';
      await composed.close(over ? 'ended' : 'lost');
      ledger.close();
    },
  };
}

/** An agent that lives answers at once; one that waits for another program's lock on the ledger needs as long as that. */
const greetingMs = 30_000;

/**
 * Attaches to a session that an agent hosts already; null where none does.
 * @throws OperatorError where the agent takes the connection and says nothing: it is suspended, or its disk hangs
 */
export async function attachToAgent(
  around: Surroundings,
  session: string,
  limitMs = greetingMs,
): Promise<SessionClient | null> {
  const connection = await dialAgent(around, session);
  if (connection === null) return null;
  const who = { user: around.user, client: clientName(around), drives: true };
  const greeted = new AbortController();
  const late = setTimeout(limitMs, null, { signal: greeted.signal }).catch(() => null);
  try {
    const client = await Promise.race([attachClient(connection, who), late]);
    if (client !== null) return client;
  } finally {
    greeted.abort();
  }
  connection.close();
  throw new OperatorError(
    `The process that hosts session ${session} took the connection and does not answer. What it started runs on.`,
    [
      `Find it: ${agentLog(sessionFolder(around, session))} is open in it (\`fuser\` shows its number). Where it is suspended, \`kill -CONT\` wakes it.`,
      `Else end it with \`kill -9\`, then: walkback resume ${session}`,
    ],
    { exitCode: exitCode.failed },
  );
}
