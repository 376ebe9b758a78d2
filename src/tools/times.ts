/** The clock and the calendar, from outside: nothing here asks the machine what time it is. */
export interface Times {
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** The ISO 8601 time, in UTC, of epoch milliseconds. */
  readonly isoOf: (epochMs: number) => string;
  /** Epoch milliseconds of an ISO 8601 time; NaN for anything else. */
  readonly epochMsOf: (iso: string) => number;
}
