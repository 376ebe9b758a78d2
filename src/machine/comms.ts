import type { Comms } from '../runbook/model/comms.ts';
import type { Outcome } from '../runbook/model/step.ts';
import type { Context, Moment } from './context.ts';
import type { Book } from './book.ts';
import { mutates } from './may-run.ts';
import type { FactOf, TimedFact } from './facts.ts';
import { epochMsOf, isoOf } from './iso-time.ts';
import type { MessageView } from './view.ts';

/**
 * The outbox, folded from facts: what is due follows from what happened, so that a message can neither be lost by a
 * crash nor be due twice after one.
 */

/** Outcomes after which the service works again. */
const restoring: ReadonlySet<string> = new Set<Outcome>(['rolled_back', 'mitigated', 'rolled_forward']);

/** Adds what messages may be due at, as a fact brings it about. */
export function withMoments(book: Book, context: Context, fact: TimedFact): Context {
  if (book.runbook.comms.length === 0 && (book.runbook.incident ?? null) === null) return context;
  const found = momentsIn(book, context, fact).filter(
    ({ name, key }) => !context.moments.some((known) => known.name === name && known.key === key),
  );
  return found.length === 0 ? context : { ...context, moments: [...context.moments, ...found] };
}

function momentsIn(book: Book, context: Context, fact: TimedFact): readonly Moment[] {
  const moment = (name: string, key = '1'): Moment => ({ name, key, at: fact.at });
  switch (fact.type) {
    case 'session.started':
      return [moment('started')];
    case 'decision.made':
      // waiting for one more fact decides nothing yet
      return fact.againAt === null ? [moment('decided', fact.attempt)] : [];
    case 'step.readied':
    case 'step.blocked': {
      const phase = book.steps.get(fact.place.step)?.phase;
      return phase === undefined ? [] : [moment(`phase:${phase}`)];
    }
    case 'step.intent': {
      const step = book.steps.get(fact.place.step);
      return step !== undefined && mutates(step) ? [moment('executing')] : [];
    }
    case 'escalation.sent':
      return [moment('escalated', String(context.calls.length))];
    case 'session.ended':
      return [...(restoring.has(fact.outcome) ? [moment('restored')] : []), moment('ended')];
    default:
      return [];
  }
}

/** A message that is due and not written yet, with its key. */
export interface DueMessage {
  readonly key: string;
  readonly comms: Comms;
}

const keyOf = ({ id }: Comms, moment: string): string => `${id}/${moment}`;

/** Messages whose moment has come and that are not in the outbox, in the order of their moments. */
function dueMessages(book: Book, context: Context): readonly DueMessage[] {
  return context.moments.flatMap((moment) =>
    book.runbook.comms
      .filter((comms) => comms.moment.kind !== 'every' && comms.at === moment.name)
      .map((comms) => ({ key: keyOf(comms, moment.key), comms }))
      .filter(({ key }) => context.messages[key] === undefined),
  );
}

/** The next message of each rhythm, with the time it is due; none after the end. */
export function nextOfRhythm(
  book: Book,
  context: Context,
): readonly (DueMessage & { readonly dueAt: string })[] {
  const { started } = context;
  if (started === null || context.endedAt !== null) return [];
  return book.runbook.comms.flatMap((comms) => {
    if (comms.moment.kind !== 'every') return [];
    const sent = Object.values(context.messages).filter(({ key }) => key.startsWith(`${comms.id}/`));
    const last = sent.at(-1)?.dueAt ?? started.at;
    const dueAt = isoOf(epochMsOf(last) + comms.moment.ms / started.speed);
    return [{ key: keyOf(comms, String(sent.length + 1)), comms, dueAt }];
  });
}

export interface OutboxWork {
  readonly kind: 'compose' | 'deliver' | 'rhythm';
  readonly key: string;
}

/** What has to go on for the outbox to become empty. */
export function outboxWork(book: Book, context: Context): readonly OutboxWork[] {
  if (book.runbook.comms.length === 0) return [];
  return [
    ...dueMessages(book, context).map(({ key }) => ({ kind: 'compose' as const, key })),
    ...Object.values(context.messages)
      .filter(({ state }) => state === 'due')
      .map(({ key }) => ({ kind: 'deliver' as const, key })),
    ...nextOfRhythm(book, context).map(({ key }) => ({ kind: 'rhythm' as const, key })),
  ];
}

/** The author's words for a message that is due, whichever way it came due. */
export const commsDue = (book: Book, context: Context, key: string): Comms | null =>
  [...dueMessages(book, context), ...nextOfRhythm(book, context)].find((due) => due.key === key)?.comms ??
  null;

/** A message enters the outbox, or leaves it. */
export function foldMessage(
  book: Book,
  context: Context,
  fact: (FactOf<'comms.due'> | FactOf<'comms.retried'> | FactOf<'comms.sent'>) & { readonly at: string },
): Context {
  if (fact.type === 'comms.retried') {
    const again = context.messages[fact.key];
    return again === undefined
      ? context
      : withMessages(context, { ...again, state: 'due', retriedAt: fact.at });
  }
  if (fact.type === 'comms.due') {
    const { key, moment, to, audience, text, ack, problem } = fact;
    return withMessages(context, {
      key,
      at: moment,
      to,
      audience,
      text,
      ack,
      problem,
      dueAt: fact.at,
      state: 'due',
      detail: '',
      acknowledged: null,
      debt: null,
    });
  }
  const ended = {
    state: fact.result === 'pass' ? ('sent' as const) : ('failed' as const),
    detail: fact.detail,
    acknowledged: fact.ack,
    debt: fact.debt,
  };
  const known = fact.key === null ? undefined : context.messages[fact.key];
  if (known !== undefined) return withMessages(context, { ...known, ...ended });
  // recorded before there was an outbox: what was tried then is not tried again
  const old = dueMessages(book, context).filter(({ comms }) => comms.to === fact.to);
  return withMessages(
    context,
    ...old.map(({ key, comms }): MessageView => ({
      key,
      at: comms.at,
      to: comms.to,
      audience: comms.audience,
      text: fact.text,
      ack: false,
      dueAt: fact.at,
      problem: null,
      ...ended,
    })),
  );
}

/** A person said that they told whom a message did not reach. */
export function toldOf(context: Context, { key, how }: FactOf<'obligation.discharged'>): Context {
  const told = Object.values(context.messages).find(({ debt }) => debt === key);
  return told === undefined || how === 'carried'
    ? context
    : withMessages(context, { ...told, state: 'told' });
}

const withMessages = (context: Context, ...messages: readonly MessageView[]): Context => ({
  ...context,
  messages: { ...context.messages, ...Object.fromEntries(messages.map((message) => [message.key, message])) },
});
