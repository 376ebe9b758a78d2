import type { SessionClient } from '../session/client.ts';
import type { Intent } from '../session/intents.ts';
import type { Temporalish } from '../session/ports.ts';

/** Asks a person for one line; null when nobody is there any more. */
export type Ask = (question: string, signal: AbortSignal) => Promise<string | null>;

/** What acting on a typed word needs. */
export interface Desk {
  readonly client: SessionClient;
  say(text: string): void;
  /** One line; null when nobody is there any more. */
  ask(question: string): Promise<string | null>;
  /** As `ask`, but an answer that was typed before the question could be read is not taken. */
  confirm(question: string): Promise<string | null>;
  now(): Temporalish;
}

/** Sends an intent; a refusal is said with what can be done instead. */
export async function send({ client, say }: Pick<Desk, 'client' | 'say'>, intent: Intent): Promise<boolean> {
  const answer = await client.send(intent);
  if (!answer.ok) say(`refused ${answer.code}: ${answer.message} ${answer.next}`);
  return answer.ok;
}

/** Asks for what was not typed with the word. */
export async function given({ ask }: Pick<Desk, 'ask'>, typed: string, question: string): Promise<string> {
  return typed === '' ? ((await ask(question)) ?? '').trim() : typed;
}
