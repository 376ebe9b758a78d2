export interface WindowInput {
  /** When the release was finished, epoch milliseconds; null where nobody knows. */
  readonly openedMs: number | null;
  /** Both counted from the opening, in milliseconds. */
  readonly evaluateMs: number;
  readonly extendedMs: number;
  /** What closed it early, e.g. a contract migration. */
  readonly closedBy: { readonly reason: string; readonly atMs: number } | null;
  /** Why events that would close it early cannot be seen; null where they can. */
  readonly blind?: string | null;
  readonly nowMs: number;
}

export interface WindowVerdict {
  readonly state: 'open' | 'extended' | 'closed';
  /** When this state ends by itself, epoch milliseconds; null where it does not. */
  readonly untilMs: number | null;
  readonly reason: string;
}

/**
 * How long rolling back is the default answer: open while the release is evaluated, extended while it needs more
 * authority, closed after that or as soon as something closed it. A state ends exactly at its limit. Where the time
 * of the release is not known it is extended, without an end: not known is not open. Where nobody sees whether something
 * closed it early, it is not open either.
 */
export function judgeWindow({
  openedMs,
  evaluateMs,
  extendedMs,
  closedBy,
  blind = null,
  nowMs,
}: WindowInput): WindowVerdict {
  if (closedBy !== null && closedBy.atMs <= nowMs)
    return { state: 'closed', untilMs: null, reason: closedBy.reason };
  if (openedMs === null) {
    return { state: 'extended', untilMs: null, reason: 'when the release was finished is not known' };
  }
  const evaluatedMs = openedMs + evaluateMs;
  const endMs = openedMs + extendedMs;
  if (nowMs < evaluatedMs && blind !== null) {
    return {
      state: 'extended',
      untilMs: endMs,
      reason: `whether something closed it early is not known: ${blind}`,
    };
  }
  if (nowMs < evaluatedMs)
    return { state: 'open', untilMs: evaluatedMs, reason: 'the release is being evaluated' };
  if (nowMs < endMs) return { state: 'extended', untilMs: endMs, reason: 'the time to evaluate is over' };
  return { state: 'closed', untilMs: null, reason: 'the time to roll back is over' };
}
