/** Times as texts and as numbers. Reads no clock; the one place below the outer layers where `Date` may stand. */

/** Epoch milliseconds of an ISO 8601 time; NaN for anything else. */
export const epochMsOf = (iso: string): number => Date.parse(iso);

/** The ISO 8601 time, in UTC, of epoch milliseconds. */
export const isoOf = (epochMs: number): string => new Date(epochMs).toISOString();
