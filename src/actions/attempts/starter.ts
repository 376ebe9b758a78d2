import { once } from 'node:events';
import { crashPoint } from '../supervisor/crash-point.ts';
import { frame } from '../supervisor/protocol.ts';
import type { Reply, Start } from '../supervisor/protocol.ts';
import { dial, openSupervisorLink } from './supervisor-link.ts';
import type { LinkOptions, SupervisorLink } from './supervisor-link.ts';

/** What came of a request to start: claimed by somebody, or the reason why nobody did. */
type StartAnswer = { readonly claimed: true } | { readonly claimed: false; readonly detail: string };

export interface Starter {
  /** Has a supervisor ready, so that the first start need not wait for one. */
  warm(): void;
  /** Asks a supervisor to claim and start; asks again where one died before anybody claimed. */
  start(start: Start, isClaimed: () => boolean): Promise<StartAnswer>;
  /** Asks the supervisor at `socket` to stop an attempt; false where it does not confirm. */
  stop(socket: string, attempt: string): Promise<boolean>;
  close(): Promise<void>;
}

const attemptsToAsk = 3;
const answerLimitMs = 5_000;

interface Connection {
  readonly link: Promise<SupervisorLink>;
  /** Who waits for the reply to a start, by attempt. */
  readonly waiting: Map<string, ((reply: Reply | null) => void)[]>;
}

/** Keeps one supervisor at hand. `wake` is told of attempts to look at; null means all. */
export function openStarter(options: LinkOptions, wake: (attempt: string | null) => void): Starter {
  // More than one only while an earlier supervisor stays for its children and starts nothing more.
  const connections = new Set<Connection>();
  let current: Connection | null = null;

  function connect(): Connection {
    const waiting: Connection['waiting'] = new Map();
    const onReply = (reply: Reply): void => {
      if (reply.say === 'draining' && current === connection) current = null; // another one takes over
      if (reply.say === 'ended') wake(reply.attempt);
      else waiting.get(reply.attempt)?.shift()?.(reply);
    };
    const forget = (): void => {
      connections.delete(connection);
      if (current === connection) current = null;
    };
    const onGone = (): void => {
      forget();
      for (const answers of waiting.values()) for (const answer of answers.splice(0)) answer(null);
      wake(null);
    };
    const connection = { waiting, link: openSupervisorLink(options, onReply, onGone) };
    connections.add(connection);
    connection.link.catch(forget); // whoever waits for it is told the error
    return connection;
  }

  /** The supervisor's reply, or null where it died first. */
  async function ask(start: Start): Promise<Reply | null> {
    current ??= connect();
    const { link, waiting } = current;
    const supervisor = await link;
    return new Promise((resolve) => {
      if (!supervisor.isOpen()) return resolve(null);
      waiting.set(start.attempt, [...(waiting.get(start.attempt) ?? []), resolve]);
      supervisor.send({ ask: 'run', ...start });
      crashPoint('request sent', () => ({ host: process.pid, supervisor: supervisor.pid }));
    });
  }

  async function start(start: Start, isClaimed: () => boolean): Promise<StartAnswer> {
    for (let asked = 0; asked < attemptsToAsk; asked += 1) {
      const reply = await ask(start);
      if (reply?.say === 'claimed' || reply?.say === 'taken' || isClaimed()) return { claimed: true };
      if (reply?.say === 'refused') return { claimed: false, detail: reply.detail };
    }
    return { claimed: false, detail: 'The processes that run the commands ended one after the other.' };
  }

  return {
    warm: () => {
      current ??= connect();
    },
    start,
    stop: async (socket, attempt) => {
      const supervisor = await dial(socket);
      if (supervisor === null) return false;
      supervisor.write(frame({ ask: 'stop', attempt }));
      const [answer] = await once(supervisor, 'data', { signal: AbortSignal.timeout(answerLimitMs) }).catch(
        () => [],
      );
      supervisor.destroy();
      return answer !== undefined;
    },
    close: async () => {
      const links = [...connections].map(async ({ link }) => (await link.catch(() => null))?.close());
      await Promise.all(links);
    },
  };
}
