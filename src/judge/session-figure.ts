/**
 * What statistics need of one session. Its moments are milliseconds after its start (before it where negative), null
 * where there is no such moment (yet): small whole numbers, of which a hundred thousand are read quickly.
 */
export interface SessionFigure {
  readonly mode: 'LIVE' | 'DRILL';
  readonly production: boolean;
  readonly service: string;
  readonly environment: string;
  readonly runbook: string;
  /** The release that was rolled back, where the runbook asks for it. */
  readonly release: string | null;
  /** Epoch milliseconds. */
  readonly startedMs: number;
  /** First breaching sample of the trigger that fired first. */
  readonly failed: number | null;
  readonly detected: number | null;
  readonly decided: number | null;
  readonly recovered: number | null;
  /** The last debt that was given back or carried before the close. */
  readonly givenBack: number | null;
  readonly ended: number | null;
  readonly outcome: string | null;
  /** What people said it was caused by, and by which release. */
  readonly told: 'change' | 'external' | null;
  readonly toldRelease: string | null;
}

export interface Deployment {
  readonly service: string;
  readonly environment: string;
  readonly production: boolean;
  readonly release: string;
  readonly finishedMs: number;
  readonly committedMs: number | null;
  readonly unplanned: boolean;
}
