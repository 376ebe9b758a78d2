import { once } from 'node:events';
import { crashPoint } from '../supervisor/crash-point.ts';
import { frame } from '../supervisor/protocol.ts';
import type { Reply, Start } from '../supervisor/protocol.ts';
import { dial, openSupervisorLink } from './supervisor-link.ts';
import type { LinkOptions, SupervisorLink } from './supervisor-link.ts';

/** What came of a request to start: claimed by somebody, or the reason why nobody did. */
export type StartAnswer = { readonly claimed: true } | { readonly claimed: false; readonly detail: string };

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

/** Keeps one supervisor at hand. `wake` is told of attempts to look at; null means all. */
export function openStarter(options: LinkOptions, wake: (attempt: string | null) => void): Starter {
  const waiting = new Map<string, ((reply: Reply | null) => void)[]>();
  let current: Promise<SupervisorLink> | null = null;

  function onReply(reply: Reply): void {
    if (reply.say === 'ended') wake(reply.attempt);
    else waiting.get(reply.attempt)?.shift()?.(reply);
  }

  function onGone(): void {
    current = null;
    for (const answers of waiting.values()) for (const answer of answers.splice(0)) answer(null);
    wake(null);
  }

  async function connected(): Promise<SupervisorLink> {
    current ??= openSupervisorLink(options, onReply, onGone);
    try {
      return await current;
    } catch (error) {
      current = null;
      throw error;
    }
  }

  /** The supervisor's reply, or null where it died first. */
  async function ask(start: Start): Promise<Reply | null> {
    const link = await connected();
    return new Promise((resolve) => {
      if (!link.isOpen()) return resolve(null);
      const answers = waiting.get(start.attempt) ?? [];
      waiting.set(start.attempt, [...answers, resolve]);
      link.send({ ask: 'run', ...start });
      crashPoint('request sent', () => ({ host: process.pid, supervisor: link.pid }));
    });
  }

  async function start(start: Start, isClaimed: () => boolean): Promise<StartAnswer> {
    for (let asked = 0; asked < attemptsToAsk; asked += 1) {
      const reply = await ask(start);
      if (reply?.say === 'claimed' || reply?.say === 'taken' || isClaimed()) return { claimed: true };
      if (reply?.say === 'refused') return { claimed: false, detail: reply.detail };
      if (reply?.say === 'draining') current = null; // it stays for its children; another one takes over
    }
    return { claimed: false, detail: 'The processes that run the commands ended one after the other.' };
  }

  return {
    warm: () => void connected().catch(() => {}), // the first start meets the same error, and tells it
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
      const link = await current?.catch(() => null);
      await link?.close();
    },
  };
}
