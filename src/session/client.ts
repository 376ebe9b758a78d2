import type { Budget } from '../judge/budget.ts';
import type { SessionView } from '../machine/view.ts';
import type { Answer, Intent } from './intents.ts';

/** What a front end holds: the same object whether the session lives in this process or in an agent. */
export interface SessionClient {
  /** The same object until something changes. */
  view(): SessionView;
  /** Figures that move by themselves and never enter the ledger; the same object until one changes. */
  live(): LiveView;
  /** Calls back after each change of the view, the live figures or the output; the answer stops it. */
  subscribe(changed: () => void): () => void;
  send(intent: Intent): Promise<Answer>;
  /** Output of one attempt; follows it while it runs. */
  output(attempt: string): OutputFeed;
  /** False where another terminal drives: intents other than notes are refused then. */
  drives(): boolean;
  /** Makes this terminal the one that drives; recorded. */
  takeOver(): Promise<Answer>;
  /** Resolves when the host has gone or the session has ended and nothing is left to do. */
  readonly gone: Promise<'ended' | 'lost' | 'detached'>;
  detach(): void;
}

export interface Gauge {
  readonly id: string;
  readonly unit: string | null;
  /** Newest value; null is unknown and `code` says why. */
  readonly value: number | null;
  readonly code: string | null;
  /** Oldest first, null where there was no data. */
  readonly samples: readonly (number | null)[];
  /** Set where a trigger watches this probe. */
  readonly threshold: number | null;
  /** How the value is held against it. */
  readonly op?: '<' | '>' | '<=' | '>=';
  /** Who set the threshold, in words; null where nobody says. */
  readonly setBy?: string | null;
  /** UNKNOWN for so long that nobody can tell by it. */
  readonly blind?: boolean;
  readonly state: 'OK' | 'PENDING' | 'FIRED' | 'CLEARED' | 'UNKNOWN' | null;
  /** For PENDING: how long it has breached, and how long it must, in milliseconds. */
  readonly pending: { readonly forMs: number; readonly ofMs: number } | null;
}

/** An error budget with what was promised beside it. */
export interface BudgetGauge extends Budget {
  readonly id: string;
  readonly target: number;
  readonly periodMs: number;
  readonly owner: string | null;
  readonly sla: { readonly target: number; readonly exclusions: readonly string[] } | null;
}

/** How long the likeliest way from here still takes, and how much longer customers put up with it; milliseconds. */
export interface EtaGauge {
  readonly ms: number;
  /** Steps of which nothing is known: where there are some, `ms` is the least. */
  readonly unknown: number;
  readonly steps: number;
  /** Null where the runbook sets no limit. */
  readonly leftMs: number | null;
}

/** Roles that may start a phase, and until when (ISO, wall time) the rules stay as they are. */
export interface StandingView {
  /** Calendar or numbers stand in the way: also who may start does so by override only. */
  readonly overrideOnly?: boolean;
  readonly phase: string;
  readonly start: readonly string[];
  readonly because: string;
  readonly until: string | null;
  /** Every role of the runbook, so that a front end can say which its person has. */
  readonly roles: readonly {
    readonly id: string;
    readonly anyone: boolean;
    readonly users: readonly string[];
    /** Whether a signature has to prove it, and whether one has for this phase. */
    readonly keys: boolean;
    readonly proved: boolean;
  }[];
}

export interface LiveView {
  readonly gauges: readonly Gauge[];
  readonly budgets?: readonly BudgetGauge[];
  readonly eta?: EtaGauge | null;
  /** What waiting for the next quiet time of the calendar costs, in words; null where nothing is unwelcome now. */
  readonly waiting?: string | null;
  /** The preview of the current step's guards: read before the person said run, and read again after. */
  readonly preview: {
    readonly attempt: string;
    readonly result: 'pass' | 'fail' | 'unknown';
    readonly at: string;
    readonly detail: string;
  } | null;
  /** How long this step usually takes, from earlier sessions: milliseconds, and from how many. */
  readonly usual: { readonly p50Ms: number; readonly p80Ms: number; readonly count: number } | null;
  /** Other terminals watching. */
  readonly watchers: number;
  /** Who may start the phase at hand, as the rules stand now; absent where the runbook has none. */
  readonly standing?: StandingView;
  /** True while the ledger refuses to record: nothing new starts. */
  readonly recording: { readonly ok: boolean; readonly detail: string | null };
}

/** Sanitised lines (text and SGR colours only), kept outside React and outside the machine. */
export interface OutputFeed {
  readonly attempt: string;
  /** Lines so far. */
  count(): number;
  /** Lines `from` … `from + length − 1` (0-based); shorter at the end. `at` is milliseconds since the attempt started. */
  lines(from: number, length: number): readonly { readonly text: string; readonly atMs: number }[];
  /** Line numbers that contain `text` (case-insensitive), at most `limit`. */
  search(text: string, limit: number): readonly number[];
  close(): void;
}
