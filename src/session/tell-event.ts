import type { Fact } from '../machine/facts.ts';
import { epochMsOf, isoOf } from '../machine/iso-time.ts';
import type { Window } from '../runbook/model/criteria.ts';
import type { Answer, Intent } from './intents.ts';
import type { Session } from './session.ts';
import { instantOf } from './window-events.ts';

const dayMs = 86_400_000;
/** Clocks of two people differ by so much without anybody being wrong. */
const leewayMs = 60_000;

/** What a person tells of the window, checked: a known event, a time that is over, and where they have it from. */
export function toldEvent(
  session: Session,
  intent: Extract<Intent, { type: 'tell_event' }>,
  by: string,
): { readonly fact: Fact } | { readonly refused: Answer & { readonly ok: false } } {
  const { window } = session.options.compiled.book.runbook;
  const refused = (code: string, message: string, next: string) => ({
    refused: { ok: false as const, code, message, next },
  });
  if (window === null) return refused('E_NO_WINDOW', 'The runbook has no window.', 'Write a note instead.');
  if (!eventsOf(window).includes(intent.event)) {
    const known = eventsOf(window).join(', ');
    return refused('E_EVENT', `“${intent.event}” is not an event of this window.`, `Tell one of: ${known}.`);
  }
  const nowMs = session.options.domainNow();
  const atMs = momentOf(intent.at, nowMs);
  if (atMs === null) {
    return refused(
      'E_TIME',
      `“${intent.at}” is not a time.`,
      'Write it like 2026-03-01T09:50:00Z, or 09:50 for the last time it was that (UTC), or now.',
    );
  }
  if (atMs > nowMs + leewayMs)
    return refused('E_TIME', `${intent.at} has not come yet.`, 'Tell what has happened, once it has.');
  if (intent.source.trim() === '')
    return refused(
      'E_REASON',
      'Where this is known from is needed.',
      'Name the pipeline run, the log or the person.',
    );
  return {
    fact: {
      type: 'event.reported',
      by,
      event: intent.event,
      id: `told by ${by}`,
      happenedAt: isoOf(Math.min(atMs, nowMs)),
      source: intent.source.trim(),
    },
  };
}

const eventsOf = ({ opens, closesOn }: Window): readonly string[] => [opens, ...closesOn];

/** `now`, a time with its zone, or a time of day: the last time it was that, in UTC. */
function momentOf(text: string, nowMs: number): number | null {
  const typed = text.trim();
  if (typed === 'now') return nowMs;
  const time = /^([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?Z?$/.exec(typed);
  if (time === null) return instantOf(typed);
  const day = isoOf(nowMs).slice(0, 10);
  const ms = epochMsOf(`${day}T${(time[1] ?? '').padStart(2, '0')}:${time[2] ?? '00'}:${time[3] ?? '00'}Z`);
  return ms > nowMs + leewayMs ? ms - dayMs : ms;
}
