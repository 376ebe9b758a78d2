import { appendFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OperatorError } from '../errors.ts';
import type { Channel } from '../runbook/model.ts';
import type { Command } from '../runbook/model/values.ts';
import type { Clock, Fill, Messenger, Redactor } from '../session/ports.ts';
import { errorText, type Limits } from './measure/answer.ts';
import { fetchText } from './measure/fetch-text.ts';
import { readyCommand, textOf, type Surroundings } from './measure/ready-command.ts';
import { measureRun } from './measure/run.ts';
import { excerpt } from './measure/shape-value.ts';
import { sanitiseText } from './sanitise.ts';

/** Relative paths begin at `cwd`. */
export interface MessengerOptions extends Surroundings {
  /** The runbook's channels by name. */
  readonly channels: Readonly<Record<string, Channel>>;
  readonly clock: Clock;
  readonly redactor: Redactor;
  /** A message that takes longer has failed; 10 s unless given. */
  readonly timeoutMs?: number;
}

type Sent = { readonly ok: boolean; readonly detail: string; readonly ack?: string };

const sent = (detail: string, ack: string | null): Sent => ({
  ok: true,
  detail,
  ...(ack === null ? {} : { ack }),
});
const failed = (detail: string): Sent => ({ ok: false, detail });

/**
 * Sends over the runbook's channels: JSON `{"text": …}` to an address, a line to a file, or the text on standard
 * input and in `WALKBACK_TEXT` of a command. Secrets are masked before anything leaves. The key of a message travels
 * as `Idempotency-Key` or in `WALKBACK_KEY`. An address acknowledges by 2xx, with its own id where its answer holds one; a
 * command by the first line that it prints; a file never does.
 */
export function openMessenger(options: MessengerOptions): Messenger {
  const { clock, redactor, timeoutMs = 10_000 } = options;

  async function deliver(
    channel: Channel,
    text: string,
    fill: Fill,
    limits: Limits,
    key: string | undefined,
  ): Promise<Sent> {
    switch (channel.kind) {
      case 'http':
        return post(textOf(fill(channel.url)), text, limits, key);
      case 'file':
        return append(resolve(options.cwd, textOf(fill(channel.path))), text);
      case 'run':
        return start(channel.command, text, fill, limits, key);
    }
  }

  async function start(
    channelCommand: Command,
    text: string,
    fill: Fill,
    limits: Limits,
    key: string | undefined,
  ): Promise<Sent> {
    const command = readyCommand(channelCommand, fill, options);
    if (command === null) return failed('The command runs elsewhere, and there is no way to start it there.');
    const named = key === undefined ? {} : { WALKBACK_KEY: key };
    const told = { ...command, env: { ...command.env, WALKBACK_TEXT: text, ...named } };
    const answer = await measureRun(told, limits, text);
    if (!answer.ok) return failed(answer.detail);
    return answer.exit === 0
      ? sent('exit 0', ackOf(answer.text.split('\n', 1)[0] ?? ''))
      : failed(`Exit code ${answer.exit}: ${excerpt(answer.text)}`);
  }

  return {
    async send(name, text, fill, signal, key) {
      const channel = options.channels[name];
      if (channel === undefined) return failed(`The runbook has no channel \`${name}\`.`);
      const ending = new AbortController();
      const stop = () => ending.abort('stopped');
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop);
      const cancel = clock.after(timeoutMs, () => ending.abort('timeout'));
      try {
        const limits: Limits = { signal: ending.signal, leftMs: timeoutMs, mostBytes: 100_000 };
        const { ok, detail, ack } = await deliver(channel, redactor.text(text), fill, limits, key);
        const clean = (said: string): string => sanitiseText(redactor.text(said));
        return { ok, detail: clean(detail), ...(ack === undefined ? {} : { ack: clean(ack) }) };
      } catch (error) {
        if (error instanceof OperatorError) return failed(redactor.text(error.message));
        throw error;
      } finally {
        cancel();
        signal.removeEventListener('abort', stop);
      }
    },
  };
}

async function post(url: string, text: string, limits: Limits, key: string | undefined): Promise<Sent> {
  const headers = {
    'content-type': 'application/json',
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  };
  const answer = await fetchText({ url, method: 'POST', headers, body: JSON.stringify({ text }) }, limits);
  if (!answer.ok) return failed(answer.detail);
  const { status } = answer;
  return status >= 200 && status < 300
    ? sent(`HTTP ${status}`, idIn(answer.text) ?? `HTTP ${status}`)
    : failed(`HTTP ${status}: ${excerpt(answer.text)}`);
}

/** People read such files on a terminal. */
async function append(path: string, text: string): Promise<Sent> {
  try {
    await appendFile(path, `${sanitiseText(text, { lineBytes: Infinity })}\n`, { mode: 0o600 });
    return sent(`added to ${path}`, null);
  } catch (cause) {
    return failed(errorText(cause));
  }
}

const longestAck = 200;

const ackOf = (text: string): string | null => {
  const ack = text.trim().slice(0, longestAck);
  return ack === '' ? null : ack;
};

/** The sink's own name for the message, where its answer is JSON that has one. */
function idIn(text: string): string | null {
  let answer: unknown;
  try {
    answer = JSON.parse(text);
  } catch {
    return null;
  }
  if (typeof answer !== 'object' || answer === null) return null;
  const named = Object.entries(answer).find(([name]) =>
    ['ack', 'id', 'message_id', 'ts'].includes(name),
  )?.[1];
  return typeof named === 'string' || typeof named === 'number' ? ackOf(String(named)) : null;
}
