import { judgeWindow } from '../judge/window.ts';
import type { Fact, FactOf } from '../machine/facts.ts';
import { epochMsOf, isoOf } from '../machine/iso-time.ts';
import type { Json } from '../runbook/model/values.ts';
import type { Window } from '../runbook/model/criteria.ts';
import type { Job } from './kit.ts';
import { measure, readerFor } from './kit.ts';
import type { Session } from './session.ts';
import { instantOf, reportedEvents } from './window-events.ts';

/** Events are read this often, in milliseconds of domain time; three readings missed in a row and it is blind. */
const readEveryMs = 10_000;
/** And not more often than this in real time, however fast the clock of a drill runs: a reading may be a process. */
const leastEveryMs = 2_000;
const blindAfter = 3;
const shares = [25, 10] as const;

type Put = (...facts: readonly Fact[]) => void;

/** Keeps the window of a session: what opens it and closes it early, its limits, and its bells. Null without one. */
export function watchWindow(session: Session, job: Job, put: Put): (() => Promise<void>) | null {
  const { window } = session.options.compiled.book.runbook;
  if (window === null) return null;
  const { clock } = session.options.ports;
  const everyMs = Math.max(leastEveryMs, readEveryMs / (session.context().started?.speed ?? 1));
  let readAt = -Infinity;
  let missed = 0;
  let blind: string | null = window.events === null ? null : 'they have not been read yet';

  async function read(probe: NonNullable<Window['events']>, from: Window): Promise<void> {
    const measured = await measure(job, probe);
    if (!measured.ok) {
      missed += 1;
      if (missed >= blindAfter || blind !== null) blind = `the events cannot be read (${measured.code})`;
      return;
    }
    missed = 0;
    blind = null;
    const source = probe.id === null ? 'the events that the runbook reads' : `probe ${probe.id}`;
    for (const fact of reportedEvents(from, measured.value, source)) report(session, fact, put);
  }

  return async () => {
    if (session.context().endedAt !== null) return;
    reportSteps(session, window, put);
    if (clock.mono() - readAt >= everyMs) {
      readAt = clock.mono();
      if (window.openedAt !== null) await readOpening(session, job, window, put);
      if (window.events !== null) await read(window.events, window);
    }
    judgeNow(session, window, blind, put);
  };
}

/** Puts an event on record once. What opened the window stays what it was; only a person corrects that. */
function report(session: Session, fact: FactOf<'event.reported'>, put: Put): void {
  const { window } = session.options.compiled.book.runbook;
  const { events } = session.context();
  if (events.some(({ event, id }) => event === fact.event && id === fact.id)) return;
  if (fact.event === window?.opens && openingOf(session, window) !== null) return;
  if (epochMsOf(fact.happenedAt) > session.options.domainNow() + 1000) return;
  put(fact);
}

async function readOpening(session: Session, job: Job, window: Window, put: Put): Promise<void> {
  if (window.openedAt === null || openingOf(session, window) !== null) return;
  const value = await filled(job, window.openedAt);
  const atMs = value === null ? null : instantOf(value);
  if (atMs === null) return;
  const named = window.openedAt.parts.map((part) => (typeof part === 'string' ? part : part.source)).join('');
  const source = named.trim();
  const fact = { event: window.opens, id: window.opens, happenedAt: isoOf(atMs), source };
  report(session, { type: 'event.reported', by: 'walkback', ...fact }, put);
}

async function filled(job: Job, template: NonNullable<Window['openedAt']>): Promise<Json> {
  try {
    return (await readerFor(job, [template])).fill(template);
  } catch {
    return null; // not known is said by the window itself
  }
}

/** Steps that stand for an event of the window, once they were really done. */
function reportSteps(session: Session, window: Window, put: Put): void {
  const { book } = session.options.compiled;
  const { settled, records } = session.context();
  const done = Object.values({ ...settled, ...records }).filter(({ status }) => status === 'done');
  for (const { place, attempt } of done) {
    const tags = book.steps.get(place.step)?.tags ?? [];
    for (const event of tags.filter((tag) => window.closesOn.includes(tag))) {
      const happenedAt = isoOf(session.options.domainNow());
      const source = `step ${place.step} of this session`;
      report(
        session,
        { type: 'event.reported', by: 'walkback', event, id: attempt, happenedAt, source },
        put,
      );
    }
  }
}

/** The event that opened it: what a person told last, or the newest one that was read. */
export function openingOf(
  session: Pick<Session, 'context'>,
  { opens }: Window,
): FactOf<'event.reported'> | null {
  const opening = session.context().events.filter(({ event }) => event === opens);
  return (
    opening.findLast(({ by }) => by !== 'walkback') ??
    opening.toSorted((one, other) => epochMsOf(one.happenedAt) - epochMsOf(other.happenedAt)).at(-1) ??
    null
  );
}

/** The first event that closed it since it was opened. */
function closingOf(session: Session, window: Window, openedMs: number | null, nowMs: number) {
  const sinceMs = openedMs ?? nowMs - window.extendedMs;
  return (
    session
      .context()
      .events.filter(
        ({ event, happenedAt }) => window.closesOn.includes(event) && epochMsOf(happenedAt) >= sinceMs,
      )
      .toSorted((one, other) => epochMsOf(one.happenedAt) - epochMsOf(other.happenedAt))[0] ?? null
  );
}

function judgeNow(session: Session, window: Window, blind: string | null, put: Put): void {
  const nowMs = session.options.domainNow();
  const opening = openingOf(session, window);
  const openedMs = opening === null ? null : epochMsOf(opening.happenedAt);
  const closing = closingOf(session, window, openedMs, nowMs);
  const verdict = judgeWindow({
    openedMs,
    evaluateMs: window.evaluateMs,
    extendedMs: window.extendedMs,
    closedBy:
      closing === null
        ? null
        : {
            reason: `${closing.event} ${closing.id} at ${closing.happenedAt} (${closing.source})`,
            atMs: epochMsOf(closing.happenedAt),
          },
    blind: window.closesOn.length === 0 ? null : blind,
    nowMs,
  });
  const until = verdict.untilMs === null ? null : isoOf(verdict.untilMs);
  const leftMs = verdict.untilMs === null ? null : Math.max(0, verdict.untilMs - nowMs);
  const event = verdict.state === 'closed' && closing !== null ? closing.id : (opening?.id ?? null);
  const known = session.context().window;
  if (known?.state !== verdict.state || known.until !== until || known.reason !== verdict.reason) {
    put({ type: 'window.changed', state: verdict.state, until, reason: verdict.reason, leftMs, event });
    if (known !== null && known.state !== verdict.state)
      put({ type: 'window.rang', state: verdict.state, share: 0, leftMs: leftMs ?? 0 });
  }
  ring(session, window, leftMs, put);
}

/** Once each for every state; after a break only the newest bell that was missed. */
function ring(session: Session, window: Window, leftMs: number | null, put: Put): void {
  const now = session.context().window;
  if (now === null || leftMs === null) return;
  const wholeMs = now.state === 'open' ? window.evaluateMs : window.extendedMs - window.evaluateMs;
  const due = shares.findLast((share) => leftMs <= (wholeMs * share) / 100);
  const rung = now.rung === null || now.rung === 0 ? 100 : now.rung;
  if (due !== undefined && due < rung) put({ type: 'window.rang', state: now.state, share: due, leftMs });
}
