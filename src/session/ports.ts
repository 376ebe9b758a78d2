import type { MeasuredValue } from '../judge/measured.ts';
import type { Fact } from '../machine/facts.ts';
import type { Json, Probe, Template } from '../runbook/model/values.ts';

/** Everything the session knows of the outside. No port is called while replaying. */

export interface Clock {
  /** Wall time. */
  now(): Temporalish;
  /** Milliseconds that only grow; unrelated to wall time. */
  mono(): number;
  /** Calls back once after `ms`; the answer stops it. */
  after(ms: number, call: () => void): () => void;
  /** Milliseconds since the machine started, sleep included; absent where `mono` counts sleep already. */
  uptime?(): number;
}

/** Epoch milliseconds and their ISO 8601 text in UTC. */
export interface Temporalish {
  readonly ms: number;
  readonly iso: string;
}

/** One event as the ledger keeps it. */
export interface RecordedFact {
  readonly seq: number;
  readonly id: string;
  readonly at: string;
  readonly actor: string;
  readonly fact: Fact;
  readonly hash: string;
}

/**
 * One session's writer. `append` returns when the facts are on disk, all or none. The caller gives each fact its
 * time (`at`, ISO 8601 UTC), so that what was applied and what is replayed are the same.
 */
export interface SessionLog {
  readonly session: string;
  facts(): readonly RecordedFact[];
  append(
    facts: readonly { readonly fact: Fact; readonly actor: string; readonly at: string }[],
  ): readonly RecordedFact[];
  /** Whether what kept an append from being recorded passes by itself: a full disk, a lock. Else it is opened anew first. */
  mayPass?(error: unknown): boolean;
  /** Adds a piece of what a command printed (already redacted). */
  appendOutput(attempt: string, bytes: Uint8Array): void;
  /**
   * Seals what was appended and answers its digest. `truncated` where not all of it was kept (full disk, cap): say so
   * in `command.ended`.
   */
  sealOutput(attempt: string): {
    readonly sha256: string;
    readonly bytes: number;
    readonly lines: number;
    readonly truncated?: boolean;
  };
  addSamples(
    samples: readonly { readonly series: string; readonly at: number; readonly value: number | null }[],
  ): void;
}

/** A process to start, values all in place. Secrets may stand in `env` only. */
export interface ReadyCommand {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly timeoutMs: number;
  /** Effects of a read-only command are never in doubt. */
  readonly readOnly: boolean;
  /** Set where the argv runs elsewhere, through the operator's own ssh, kubectl or docker. */
  readonly where?: { readonly kind: 'ssh' | 'pod' | 'container'; readonly name: string };
}

export type Ending = {
  readonly ending: 'exited' | 'signalled' | 'timed_out' | 'stopped' | 'not_started' | 'lost';
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly durationMs: number;
  readonly detail: string;
};

export type Found =
  | { readonly verdict: 'not_started' }
  | { readonly verdict: 'running' }
  | { readonly verdict: 'finished'; readonly ending: Ending }
  | {
      readonly verdict: 'in_doubt';
      readonly doubt: 'no_outcome' | 'reboot' | 'client_died';
      readonly detail: string;
    };

/** Runs mutating commands so that they outlive us, at most once an attempt. */
export interface Runner {
  /**
   * Starts the attempt, or re-attaches where it already runs. `onOutput` gets raw bytes in order, all of them before
   * the ending is answered. An attempt that was claimed before is never started again.
   */
  run(attempt: string, command: ReadyCommand, onOutput: (bytes: Uint8Array) => void): Promise<Ending>;
  /** What became of an attempt after a crash; winning the claim is what makes `not_started` final. */
  find(attempt: string): Promise<Found>;
  /** Hands on the whole output of an attempt that was found, a piece at a time, and follows it where it still runs. */
  attach(attempt: string, onOutput: (bytes: Uint8Array) => void): Promise<Ending>;
  stop(attempt: string): Promise<void>;
  close(): Promise<void>;
}

/** A probe's answer before it is judged. */
export type Measured = MeasuredValue;

/** Fills a template's places; throws `OperatorError` where a value is unset or unknown. */
export type Fill = (template: Template) => Json;

export interface Measurer {
  /** Measures once, read-only, within the probe's own timeout. Never throws for what the outside did. */
  measure(probe: Probe, fill: Fill, signal: AbortSignal): Promise<Measured>;
  /** The numeric series of a Prometheus probe over a span, in domain time; null where the probe has no history. */
  series(
    probe: Probe,
    fill: Fill,
    span: { readonly fromMs: number; readonly toMs: number; readonly stepMs: number },
    signal: AbortSignal,
  ): Promise<
    readonly (readonly [number, number | null])[] | { readonly code: string; readonly detail: string } | null
  >;
}

export interface Messenger {
  /**
   * Sends once. `key` names the message for ever: a sink that knows it does not take it twice. `ack` is what the sink
   * acknowledged it with, null where it said nothing; a sink that takes a message without an answer has not
   * acknowledged it.
   */
  send(
    channel: string,
    text: string,
    fill: Fill,
    signal: AbortSignal,
    key?: string,
  ): Promise<{ readonly ok: boolean; readonly detail: string; readonly ack?: string | null }>;
}

export interface Signatures {
  /** Verifies an SSH signature over `request` for the exact principal in the namespace `walkback`. */
  verify(
    request: string,
    signature: string,
    principal: string,
    signersFile: string,
  ): Promise<
    | {
        readonly ok: true;
        readonly key: string;
        readonly level: 'L1' | 'L2';
        /** Every name that the file gives the same person: names of one line, and names that share a key. */
        readonly names?: readonly string[];
        /** The line of the file that lists the key for the principal. */
        readonly signer?: string;
      }
    | Uncounted
  >;
}

/** Why a signature does not count. */
export interface Uncounted {
  readonly ok: false;
  readonly detail: string;
  /** The list of signers is not the one that the session is pinned to: no key is at fault. */
  readonly code?: 'signers_changed';
}

/** What one capture came to. */
export interface CapturedEvidence {
  /** From the session's folder; empty where nothing was kept. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  /** It was ended before it was done, or could not be kept whole. */
  readonly partial: boolean;
  readonly detail: string;
}

/** Takes evidence by what only reads, and keeps it where only this person can read it. */
export interface EvidenceKeeper {
  /** Never throws for what the command did; after `limitMs` the command is killed and what it printed is kept. */
  capture(id: string, command: ReadyCommand, limitMs: number, signal: AbortSignal): Promise<CapturedEvidence>;
  /** Keeps the rows of a query, a JSON object a line. Never throws for what the database did. */
  captureRows(
    id: string,
    probe: Probe,
    fill: Fill,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<CapturedEvidence>;
}

/** One look at something that may be changed by hand. */
export type DriftLook =
  | {
      readonly ok: true;
      /** Digest of what counts: two looks with the same one saw the same. */
      readonly sum: string;
      /** What was kept, from the session's folder; empty where there was nothing. */
      readonly file: string;
      readonly bytes: number;
      readonly absent: boolean;
    }
  | { readonly ok: false; readonly detail: string };

/** Looks at files, and at what commands print, and tells how two looks differ. */
export interface DriftKeeper {
  /** Never throws for what it looked at. Lines that hold one of the patterns do not count. */
  look(
    id: string,
    source: { readonly path: string } | { readonly command: ReadyCommand },
    limitMs: number,
    ignore: readonly string[],
    signal: AbortSignal,
  ): Promise<DriftLook>;
  /** The kept files of two looks (empty: it was not there) as a patch of `path`; empty where none can be made. */
  difference(
    before: string,
    after: string,
    path: string,
  ): { readonly patch: string; readonly summary: string };
}

/** Streaming masker of registered secrets. */
export interface Redactor {
  /** Masks a whole text. */
  text(value: string): string;
  /** A masker for one stream of bytes: `push` may hold bytes back, `end` gives the rest. */
  stream(): { push(bytes: Uint8Array): Uint8Array; end(): Uint8Array };
}

export interface Ports {
  readonly clock: Clock;
  readonly log: SessionLog;
  readonly runner: Runner;
  readonly measurer: Measurer;
  readonly messenger: Messenger;
  readonly signatures: Signatures;
  readonly redactor: Redactor;
  /** Absent where no evidence can be kept: then none is taken. */
  readonly evidence?: EvidenceKeeper;
  /** Absent where nothing can be kept: then nothing that is looked at is known. */
  readonly drift?: DriftKeeper;
  /** Hashes the scripts of the runbook's closure again; answers the paths that differ. */
  changedFiles(): Promise<readonly string[]>;
  readonly workFolder: string;
}
