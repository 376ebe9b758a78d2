import { calendarText, judgeCalendar } from '../judge/calendar.ts';
import type { Fact, FactOf } from '../machine/facts.ts';
import { isoOf } from '../machine/iso-time.ts';
import type { SessionOptions } from './options.ts';
import type { Session } from './session.ts';

/** What the calendar says of a rollback at this moment of domain time. */
export function calendarNow({
  compiled,
  domainNow,
}: SessionOptions): Omit<FactOf<'calendar.changed'>, 'type'> {
  const nowMs = domainNow();
  const verdict = judgeCalendar(compiled.book.runbook.calendar ?? [], 'rollback', nowMs);
  const iso = (ms: number | null | undefined): string | null =>
    ms === null || ms === undefined ? null : isoOf(ms);
  return {
    state: verdict.state,
    on: verdict.rules.filter(({ slot }) => slot !== null).map(({ id }) => id),
    rule: verdict.because?.id ?? null,
    until: iso(verdict.because === null ? verdict.changesMs : verdict.because.slot?.endMs),
    quietAt: iso(verdict.quietMs),
    text: calendarText(verdict, nowMs),
  };
}

/** Puts on record whenever the calendar says something else. Null without one. */
export function watchCalendar(session: Session, put: (fact: Fact) => void): (() => void) | null {
  const { options } = session;
  if ((options.compiled.book.runbook.calendar ?? []).length === 0) return null;
  let nextMs = -Infinity;
  return () => {
    const context = session.context();
    const nowMs = options.domainNow();
    if (context.endedAt !== null || nowMs < nextMs) return;
    const now = calendarNow(options);
    const changes = judgeCalendar(options.compiled.book.runbook.calendar ?? [], 'rollback', nowMs).changesMs;
    nextMs = changes ?? Infinity;
    const known = context.calendar;
    if (known?.state === now.state && known.rule === now.rule && known.on.join() === now.on.join()) return;
    put({ type: 'calendar.changed', ...now });
  };
}
