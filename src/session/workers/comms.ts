import { OperatorError } from '../../errors.ts';
import { commsDue, nextOfRhythm } from '../../machine/comms.ts';
import type { Fact, FactOf } from '../../machine/facts.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import type { MessageView } from '../../machine/view.ts';
import type { Comms } from '../../runbook/model/comms.ts';
import type { Job, Reader } from '../kit.ts';
import { instantReader, pause, readerFor, templatesOf } from '../kit.ts';

/** The pause after each try that failed, in milliseconds; the last one again and again. */
const backoffMs = [1000, 2000, 4000, 8000, 15_000];
/** A message that has not arrived after this is a person's to tell: news that is later than this is no news. */
const deadlineMs = 60_000;

/** Writes a message in the same transaction as what made it due, where nothing has to be measured for it. */
export function composeNow(job: Job): readonly Fact[] | null {
  const comms = commsOf(job);
  if (comms === null) return [];
  const reader = instantReader(job, [comms.text]);
  return reader === null ? null : [written(job, comms, reader)];
}

export async function compose(job: Job): Promise<readonly Fact[]> {
  const comms = commsOf(job);
  if (comms === null) return [];
  const reader = await readerFor(job, [comms.text]);
  return job.signal.aborted ? [] : [written(job, comms, reader)];
}

/** Waits for the next message of a rhythm, then writes it with the facts of that moment. */
export async function rhythm(job: Job): Promise<readonly Fact[]> {
  const next = nextOfRhythm(job.book, job.context()).find(({ key }) => key === job.work.attempt);
  if (next === undefined) return [];
  await pause(job, Math.max(0, epochMsOf(next.dueAt) - job.options.ports.clock.now().ms));
  return job.signal.aborted ? [] : compose(job);
}

const commsOf = (job: Job): Comms | null => commsDue(job.book, job.context(), job.work.attempt);

/** A text with an empty place is not sent: it is left to a person, with the place still to be seen. */
function written(job: Job, comms: Comms, reader: Reader): FactOf<'comms.due'> {
  const { at: moment, to, audience, ack } = comms;
  const fact = { type: 'comms.due' as const, key: job.work.attempt, moment, to, audience, ack };
  const mask = (text: string): string => job.options.ports.redactor.text(text);
  try {
    return { ...fact, text: mask(reader.text(comms.text)), problem: null };
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    return { ...fact, text: mask(reader.say(comms.text)), problem: mask(error.message) };
  }
}

/**
 * Sends a message until it arrives or its time is over; then telling is somebody's debt, and the steps go on either
 * way. After a crash it is sent again with the same key: a sink that knows keys takes it once.
 */
export async function deliver(job: Job): Promise<readonly Fact[]> {
  const message = job.context().messages[job.work.attempt];
  if (message === undefined || message.state !== 'due') return [];
  if (message.problem !== null)
    return givenUp(job, message, { result: 'unknown', detail: message.problem, tries: 0 });
  const { clock } = job.options.ports;
  const key = `${job.context().session}/${message.key}`;
  // from here on by the clock that nobody sets: a step of the wall clock neither gives up nor goes on for an hour
  const until = clock.mono() + epochMsOf(message.retriedAt ?? message.dueAt) + deadlineMs - clock.now().ms;
  for (let tries = 1; ; tries += 1) {
    const sent = await trySending(job, message, key);
    if (job.signal.aborted) return [];
    const ack = sent.ack ?? null;
    if (sent.ok && message.ack && ack === null) {
      // it went out: sending it again would only tell people twice
      const detail = `${sent.detail}, and nobody acknowledged it`;
      return givenUp(job, message, { result: 'unknown', detail, tries });
    }
    if (sent.ok) {
      const arrived = ended(message, { result: 'pass', detail: sent.detail, tries, ack, debt: null });
      return [arrived, ...(message.debt === null ? [] : [paidBy(message.debt, sent.detail)])];
    }
    const waitMs = backoffMs[Math.min(tries, backoffMs.length) - 1] ?? 0;
    if (clock.mono() + waitMs > until)
      return givenUp(job, message, { result: 'fail', detail: sent.detail, tries });
    await pause(job, waitMs);
    if (job.signal.aborted) return [];
  }
}

async function trySending(
  job: Job,
  message: MessageView,
  key: string,
): Promise<{ readonly ok: boolean; readonly detail: string; readonly ack?: string | null }> {
  const { messenger } = job.options.ports;
  try {
    const channel = job.book.runbook.channels[message.to];
    const reader = await readerFor(job, templatesOf(channel));
    return await messenger.send(message.to, message.text, reader.fill, job.signal, key);
  } catch (error) {
    const { redactor } = job.options.ports;
    return { ok: false, detail: redactor.text(error instanceof Error ? error.message : String(error)) };
  }
}

const ended = (
  { key, at, to, text }: MessageView,
  how: Pick<FactOf<'comms.sent'>, 'result' | 'detail' | 'tries' | 'ack' | 'debt'>,
): FactOf<'comms.sent'> => ({ type: 'comms.sent', key, at, to, text, ...how });

/**
 * Nobody was told: that is owed now, not some day. It blocks the close like any thing that is bent, since news told
 * tomorrow helps nobody; it holds no step.
 */
function givenUp(
  job: Job,
  message: MessageView,
  how: Pick<FactOf<'comms.sent'>, 'result' | 'detail' | 'tries'>,
): readonly Fact[] {
  if (message.debt !== null) return [ended(message, { ...how, ack: null, debt: message.debt })]; // it is owed already
  const number = Object.keys(job.context().messages).indexOf(message.key) + 1;
  // no id of a runbook has a dash: this debt cannot be taken for one of its own
  const debt = `${tellDebt}-${number}`;
  const title = `Tell ${message.audience ?? message.to} (${message.at}): the message did not arrive`;
  return [
    ended(message, { ...how, ack: null, debt }),
    {
      type: 'obligation.opened',
      by: 'walkback',
      obligation: { key: debt, id: tellDebt, title, ttlMs: null, release: [] },
      due: null,
      reason: how.detail,
    },
  ];
}

/** Sent again, and it arrived: nobody has to be told by hand any more. */
const paidBy = (key: string, detail: string): FactOf<'obligation.discharged'> => ({
  type: 'obligation.discharged',
  by: 'walkback',
  key,
  how: 'proved',
  reason: `sent again: ${detail}`,
  owner: null,
  due: null,
});

/** The id of the debts that a person pays by telling somebody. */
const tellDebt = 'tell';
