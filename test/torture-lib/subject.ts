import type { CrashPoint, CrashVictim } from '../../src/actions/supervisor/crash-point.ts';
import type { Ending } from '../../src/session/ports.ts';

/** One run of a command that is interrupted by SIGKILL somewhere, and then recovered. */
export interface Trial {
  readonly folder: string;
  readonly session: string;
  readonly attempt: string;
  /** A named write of the protocol, or so many milliseconds after everything was ready. */
  readonly crash: { readonly at: CrashPoint } | { readonly afterMs: number };
  readonly victims: readonly CrashVictim[];
  /** The command waits before its effect, after it, and exits with this code. */
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly exitCode: number;
}

/** What a fresh host says about the attempt: nothing was intended, or the verdict, and where it led in the end. */
export type Recovered =
  | { readonly verdict: 'no_intent' }
  | {
      readonly verdict: 'recorded' | 'not_started' | 'running' | 'finished' | 'in_doubt';
      readonly ending: Ending['ending'];
      readonly exitCode: number | null;
    };

/** What really happened, told once everything is quiet. */
export interface Truth {
  /** How often the command took effect. */
  readonly effects: number;
  /** Whether the crash point was reached. */
  readonly hit: boolean;
}

/**
 * What the harness tries: something that runs a command for a host that may be killed. `start` ends when the host has;
 * `recover` plays the next host, to the end; `truth` waits until no process of the trial is left.
 */
export interface Subject {
  start(trial: Trial): Promise<void>;
  recover(trial: Trial): Promise<Recovered>;
  truth(trial: Trial): Promise<Truth>;
}
