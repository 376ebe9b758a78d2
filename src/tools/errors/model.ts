/** How often one error was seen, and when. Times are epoch milliseconds. */
export interface Tally {
  /** Twelve hex digits that stand for the fingerprint, or the tracker's own id. */
  readonly id: string;
  /** The message with what differs from time to time taken out. */
  readonly fingerprint: string;
  readonly firstMs: number;
  readonly lastMs: number;
  /** Before the failed release, while it ran, and since the rollback's end. */
  readonly before: number;
  readonly during: number;
  readonly after: number;
  /** As it was written, the newest. */
  readonly lastLine: string;
}

/** The three spans that errors are told apart by. */
export interface Spans {
  /** How far back an error counts as one that was always there. */
  readonly baselineMs: number;
  readonly releasedMs: number;
  /** The rollback's end. */
  readonly sinceMs: number;
}

/**
 * `known`: seen before the failed release. `residual`: came with it, and goes on. `novel`: first seen after the rollback.
 * `gone`: came with it, and was not seen since.
 */
export type ErrorClass = 'known' | 'residual' | 'novel' | 'gone';

/** Somewhere that errors are written to. */
export interface ErrorSource {
  readonly name: string;
  /** Takes in what is new. */
  readonly read: () => Promise<void>;
  readonly tallies: () => readonly Tally[];
  /** Why what it says is not the whole truth; null while it is. */
  readonly problem: () => string | null;
  readonly close: () => Promise<void>;
}
