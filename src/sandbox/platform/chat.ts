import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { isoTime, type DomainClock } from '../clock.ts';
import { fields, json, type Handler } from '../http.ts';

export interface ChatSink {
  say(text: string, from: string): void;
  readonly handler: Handler;
}

export const chatFile = (folder: string): string => path.join(folder, 'chat.jsonl');

/** The chat: a webhook that keeps every message as one JSON line. */
export function chatSink(folder: string, clock: DomainClock): ChatSink {
  const say = (text: string, from: string): void =>
    appendFileSync(chatFile(folder), `${JSON.stringify({ at: isoTime(clock.now()), from, text })}\n`);
  return {
    say,
    handler: ({ method, body }) => {
      if (method === 'GET') return json(200, { messages: readMessages(folder) });
      const message = fields(body);
      const text = message['text'] ?? message['message'] ?? body;
      say(
        typeof text === 'string' ? text : JSON.stringify(text),
        typeof message['from'] === 'string' ? message['from'] : 'webhook',
      );
      return json(200, { ok: true });
    },
  };
}

function readMessages(folder: string): readonly unknown[] {
  const file = chatFile(folder);
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line): unknown => JSON.parse(line));
}
