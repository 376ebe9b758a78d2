/** Real and domain time. The only file of the sandbox that reads the machine's clock. */

/** One moment in both times, and how many domain milliseconds pass in a real one. */
export interface ClockBase {
  readonly realMs: number;
  readonly domainMs: number;
  readonly speed: number;
}

/** The domain clock: metrics, `for`, schedules and silences run on it; timeouts and locks never do. */
export interface DomainClock {
  readonly speed: number;
  /** Domain time as epoch milliseconds. */
  now(): number;
  /** Real milliseconds that a span of domain time takes. */
  realSpan(domainMs: number): number;
  base(): ClockBase;
}

export const realNow = (): number => Date.now();

export const isoTime = (ms: number): string => new Date(ms).toISOString();

/** Epoch milliseconds of an ISO 8601 text, or null where it is none. */
export function parseTime(text: string): number | null {
  const ms = Date.parse(text);
  return Number.isNaN(ms) ? null : ms;
}

/** The calendar fields (UTC) that a crontab line speaks about. */
export function calendar(ms: number): {
  minute: number;
  hour: number;
  day: number;
  month: number;
  weekday: number;
} {
  const at = new Date(ms);
  return {
    minute: at.getUTCMinutes(),
    hour: at.getUTCHours(),
    day: at.getUTCDate(),
    month: at.getUTCMonth() + 1,
    weekday: at.getUTCDay(),
  };
}

export function domainClock(base: ClockBase): DomainClock {
  return {
    speed: base.speed,
    now: () => Math.round(base.domainMs + (realNow() - base.realMs) * base.speed),
    realSpan: (domainMs) => domainMs / base.speed,
    base: () => base,
  };
}

/** A domain clock that can be set: a restored snapshot goes on from the moment it was taken. */
export interface MovableClock extends DomainClock {
  move(domainMs: number): void;
}

export function movableClock(base: ClockBase): MovableClock {
  let current = domainClock(base);
  return {
    speed: base.speed,
    now: () => current.now(),
    realSpan: (domainMs) => current.realSpan(domainMs),
    base: () => current.base(),
    move(domainMs) {
      current = domainClock({ realMs: realNow(), domainMs, speed: base.speed });
    },
  };
}
