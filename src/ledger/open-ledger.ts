import type { TurnedFlag } from '../runbook/reused-flags.ts';
import type { Ballast } from './ballast.ts';
import { openBallast } from './ballast.ts';
import { insertBlob, makeBlob, readBlob } from './blobs.ts';
import type { ChainRow } from './chain.ts';
import { createEventIds } from './event-id.ts';
import type { StatFileSystem } from './folder.ts';
import { checkPlace, preparePlace, statFileSystem } from './folder.ts';
import { readLastOutputLines, readOutputBytes, readOutputLines, readOutputs } from './read-output.ts';
import type { OutputRow } from './read-output.ts';
import type {
  ObligationQuery,
  ObligationRow,
  OverrideRate,
  SessionQuery,
  SessionRow,
  StepTime,
  StepTimeQuery,
} from './read-rows.ts';
import {
  findSessions,
  readObligations,
  readOverrideRates,
  readSession,
  readSessions,
  readStepTimes,
  readTurnedFlags,
} from './read-rows.ts';
import type { PastRollback } from '../judge/faster-way.ts';
import type { Deployment, SessionFigure } from '../judge/session-figure.ts';
import type { FigureQuery } from './read-figures.ts';
import { figuresAreDue, readDeployments, readFigures, readRollbacks } from './read-figures.ts';
import type { OutsideMode, OutsideQuery, OutsideRow } from './read-outside.ts';
import { outsideModeOf, readOutside } from './read-outside.ts';
import type { LedgerEvent } from './rows.ts';
import { chainRows, openEvent, redact } from './rows.ts';
import { readSamples, readSeries } from './samples.ts';
import { migrations } from './schema.ts';
import type { Store } from './store.ts';
import { openStore } from './store.ts';
import { explain } from './trouble.ts';
import type { ChainVerdict, KnownHead } from './verify-chain.ts';
import { soundRows, verifySession } from './verify-session.ts';

export interface LedgerOptions {
  /** The ledger's file; its folder is made (0700) where it is missing. */
  readonly path: string;
  readonly readOnly?: boolean;
  readonly now: () => { readonly ms: number; readonly iso: string };
  readonly mono: () => number;
  /** Which boot of the machine `mono` belongs to. */
  readonly boot: string;
  /** Event ids; UUIDv7 unless given. */
  readonly id?: () => string;
  readonly statFs?: StatFileSystem;
  readonly platform?: string;
  /** How long to wait for another process's transaction. */
  readonly busyMs?: number;
}

/**
 * The open ledger. Loads neither zod nor XState: lists and exports stay quick. Facts as the machine takes them are
 * read by `readFacts`, and written by `openSessionLog`.
 */
export interface Ledger {
  readonly path: string;
  readonly readOnly: boolean;
  /** What the operator should know about where the ledger stands. */
  warnings(): readonly string[];
  /** Newest first. */
  sessions(query: SessionQuery): readonly SessionRow[];
  /** Runbooks that were started by override, and how often; none where nobody ever did. */
  overrideRates(): readonly OverrideRate[];
  session(id: string): SessionRow | null;
  /** Records beside sessions, newest first. */
  outside(query: OutsideQuery): readonly OutsideRow[];
  /** What a record is where it is no session; null for a session, and where there is none. */
  outsideMode(id: string): OutsideMode | null;
  /** Ids that start so, newest first. */
  findSessions(prefix: string): readonly string[];
  /** A session's events in order, sealed values in place, read a page at a time. */
  events(session: string, fromSeq?: number): Generator<LedgerEvent>;
  /** A session's rows with what opens their commitments: the whole record, for an export of one's own. */
  rows(session: string): Generator<ChainRow>;
  /** A session's rows for others: values and salts of sealed fields left out; they still verify. */
  redactedEvents(session: string): Generator<ChainRow>;
  verify(session: string, head?: KnownHead): ChainVerdict;
  /** The rows before the first that cannot be believed. */
  soundRows(session: string): readonly ChainRow[];
  outputs(session: string): readonly OutputRow[];
  output(session: string, attempt: string): Generator<string>;
  /** Its last lines, at most so many. */
  lastOutput(session: string, attempt: string, count: number): readonly string[];
  outputBytes(session: string, attempt: string): Generator<Uint8Array>;
  /** Oldest first. */
  obligations(query?: ObligationQuery): readonly ObligationRow[];
  /** Flags that live sessions turned, oldest first. */
  turnedFlags(): readonly TurnedFlag[];
  /** Rollbacks that helped, each with the time it took. */
  rollbacks(): readonly PastRollback[];
  series(session: string): readonly string[];
  samples(
    session: string,
    series: string,
    span?: { readonly fromMs?: number; readonly toMs?: number },
  ): readonly (readonly [number, number | null])[];
  stepTimes(runbook: string, step: string, query?: StepTimeQuery): readonly StepTime[];
  /** What statistics are counted from: sessions that began in a span, in any order. */
  figures(query: FigureQuery): readonly SessionFigure[];
  /** Deployments on record that were finished in a span, oldest first. */
  deployments(query: FigureQuery): readonly Deployment[];
  /** Whether older sessions have no figures yet: `rebuildProjections` makes them. */
  figuresAreDue(): boolean;
  /** Keeps bytes (a runbook's text, evidence) under their SHA-256, which is answered. */
  saveBlob(bytes: Uint8Array): string;
  readBlob(hash: string): Uint8Array | null;
  close(): void;

  /** For the other modules of the ledger. */
  readonly store: Store;
  readonly ballast: Ballast;
  readonly boot: string;
  mono(): number;
  now(): { readonly ms: number; readonly iso: string };
  newId(): string;
  warn(warning: string): void;
  /** Called when the ledger is closed. */
  onClose(call: () => void): void;
}

const defaultBusyMs = 15_000;

/** Opens the ledger, or makes it. Every failure is an `OperatorError` that says what to do; nothing is ever repaired. */
export function openLedger(options: LedgerOptions): Ledger {
  const { path, readOnly = false, now, mono, boot } = options;
  const statFs = options.statFs ?? statFileSystem;
  const platform = options.platform ?? process.platform;
  const place = readOnly ? checkPlace(path, statFs, platform) : preparePlace(path, statFs, platform);
  const opened = readOnly ? { ballast: noBallast, warnings: [] } : openBallast(path, statFs);
  const store = openStore({ path, readOnly, migrations, busyMs: options.busyMs ?? defaultBusyMs });
  const warnings = [...place, ...opened.warnings];
  const closers: (() => void)[] = [];

  /** Reads, with damage and locks told in words. */
  const read = <Result>(doing: string, work: () => Result): Result => {
    try {
      return work();
    } catch (error) {
      throw explain(error, { path, doing });
    }
  };
  function* readEach<Item>(doing: string, items: Iterable<Item>): Generator<Item> {
    try {
      yield* items;
    } catch (error) {
      throw explain(error, { path, doing });
    }
  }

  return {
    path,
    readOnly,
    store,
    ballast: opened.ballast,
    boot,
    now,
    mono,
    newId: options.id ?? createEventIds(() => now().ms),
    warnings: () => warnings,
    warn(warning) {
      if (!warnings.includes(warning)) warnings.push(warning);
    },
    overrideRates: () => read('count overrides', () => readOverrideRates(store)),
    sessions: (query) => read('list sessions', () => readSessions(store, query)),
    session: (id) => read('read a session', () => readSession(store, id)),
    outside: (query) => read('list records', () => readOutside(store, query)),
    outsideMode: (id) => read('find a record', () => outsideModeOf(store, id)),
    findSessions: (prefix) => read('find a session', () => findSessions(store, prefix)),
    *events(session, fromSeq) {
      for (const row of readEach('read events', chainRows(store, session, fromSeq))) yield openEvent(row);
    },
    rows: (session) => readEach('read events', chainRows(store, session)),
    *redactedEvents(session) {
      for (const row of readEach('read events', chainRows(store, session))) yield redact(row);
    },
    verify: (session, head) => read('verify a session', () => verifySession(store, session, head)),
    soundRows: (session) => soundRows(store, session),
    outputs: (session) => read('read output', () => readOutputs(store, session)),
    output: (session, attempt) => readEach('read output', readOutputLines(store, session, attempt)),
    lastOutput: (session, attempt, count) =>
      read('read output', () => readLastOutputLines(store, session, attempt, count)),
    outputBytes: (session, attempt) => readEach('read output', readOutputBytes(store, session, attempt)),
    rollbacks: () => read('list the rollbacks', () => readRollbacks(store)),
    turnedFlags: () => read('list the flags that were turned', () => readTurnedFlags(store)),
    obligations: (query = {}) => read('list obligations', () => readObligations(store, query)),
    series: (session) => read('read samples', () => readSeries(store, session)),
    samples: (session, series, span) => read('read samples', () => readSamples(store, session, series, span)),
    stepTimes: (runbook, step, query) =>
      read('read step times', () => readStepTimes(store, runbook, step, query)),
    figures: (query) => read('read the figures of sessions', () => readFigures(store, query)),
    deployments: (query) => read('list deployments', () => readDeployments(store, query)),
    figuresAreDue: () => read('read the figures of sessions', () => figuresAreDue(store)),
    saveBlob(bytes) {
      const blob = makeBlob(bytes);
      try {
        store.write(() => insertBlob(store, blob));
      } catch (error) {
        const needBytes = blob.compressed.length + 65_536;
        throw explain(error, {
          path,
          doing: 'keep a file',
          needBytes,
          freeBytes: opened.ballast.freeBytes(),
        });
      }
      return blob.hash;
    },
    readBlob: (hash) => read('read a kept file', () => readBlob(store, hash)),
    onClose(call) {
      closers.push(call);
    },
    close() {
      for (const call of closers.splice(0)) call();
      store.close();
    },
  };
}

const noBallast: Ballast = { release: () => false, freeBytes: () => null };
