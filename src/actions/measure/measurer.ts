import { resolve } from 'node:path';
import type { Connection } from '../../runbook/model.ts';
import type { Json, Probe, Reduction, Template } from '../../runbook/model/values.ts';
import type { Clock, Fill, Measured, Measurer, Redactor } from '../../session/ports.ts';
import { OperatorError } from '../../errors.ts';
import { sanitiseText } from '../sanitise.ts';
import {
  abortedAnswer,
  known,
  unknown,
  type Answer,
  type Known,
  type Limits,
  type Unknown,
} from './answer.ts';
import { measureFile } from './file.ts';
import { measureHttp } from './http.ts';
import { readPostgres } from './postgres.ts';
import { measurePrometheus, readSeries } from './prometheus.ts';
import { answering } from './own-command.ts';
import { readyCommand, textOf, type Surroundings } from './ready-command.ts';
import { measureRun } from './run.ts';
import { probeLimits, rowsAnswer, type RowLimits, type Rows } from './rows.ts';
import { reduceValues, shapeValue } from './shape-value.ts';
import { openSqliteReader, sqliteProcessFile } from './sqlite.ts';
import { measureTcp } from './tcp.ts';

/** Relative paths begin at `cwd`. A probe that runs elsewhere is unknown where `fromHere` is not given. */
export interface MeasurerOptions extends Surroundings {
  /** The runbook's connections by name. */
  readonly connections: Readonly<Record<string, Connection>>;
  readonly clock: Clock;
  /** Domain time in epoch milliseconds: what Prometheus is asked about. */
  readonly domainNow: () => number;
  readonly redactor: Redactor;
  /** The bundle of sqlite-process.ts, where it is not beside this file. */
  readonly sqliteProcess?: string;
  /** Most that is read of one answer; 1 MB unless given. */
  readonly mostBytes?: number;
}

/** Most of a table that is kept as evidence. */
const mostEvidenceRows = 10_000;
const mostEvidenceBytes = 8_000_000;

/** A measurer that also holds processes for SQLite: `close` ends them. */
export interface OpenMeasurer extends Measurer {
  /** The rows of a `sql` probe as they are, at most 10,000 of them or 8 MB; where there are more, `cut` says so. */
  rows(probe: Probe, fill: Fill, limitMs: number, signal: AbortSignal): Promise<Rows | Unknown>;
  close(): Promise<void>;
}

type Read = (limits: Limits) => Promise<Answer>;
type SqlSource = Extract<Probe['source'], { kind: 'sql' }>;

/**
 * Opens the way to every kind of probe. Measuring never throws for what the outside did: it answers a stable code
 * instead.
 */
export function openMeasurer(options: MeasurerOptions): OpenMeasurer {
  const { clock, cwd, domainNow, redactor, mostBytes = 1_000_000 } = options;
  const sqlite = openSqliteReader(options.sqliteProcess ?? sqliteProcessFile(), options.env);

  function rowsReaderOf(
    source: SqlSource,
    fill: Fill,
  ): ((limits: RowLimits) => Promise<Rows | Unknown>) | Unknown {
    const connection = options.connections[source.connection];
    if (connection === undefined)
      return unknown('no_connection', `There is no connection \`${source.connection}\`.`);
    const query = textOf(fill(source.query));
    if (connection.kind === 'sqlite') {
      const path = resolve(cwd, textOf(fill(connection.path)));
      return (limits) => sqlite.query({ path, query }, limits);
    }
    const url = textOf(fill(connection.url));
    return (limits) => readPostgres(url, query, limits);
  }

  /** Fills every place of the probe now, so that a missing value is told before anything is asked. */
  function readerOf({ source, reduce }: Probe, fill: Fill): Read | Answer {
    const text = (template: Template) => textOf(fill(template));
    switch (source.kind) {
      case 'run': {
        const command = readyCommand(source.command, fill, options);
        return command === null
          ? unknown('elsewhere', '')
          : answering(source.command, fill, (limits) => measureRun(command, limits));
      }
      case 'http': {
        const { method } = source;
        const headers = Object.fromEntries(
          Object.entries(source.headers).map(([name, value]) => [name, text(value)]),
        );
        const request = {
          url: text(source.url),
          method,
          headers,
          body: source.body === null ? null : text(source.body),
        };
        return (limits) => measureHttp(request, limits);
      }
      case 'tcp': {
        const address = text(source.address);
        return (limits) => measureTcp(address, limits);
      }
      case 'sql': {
        const read = rowsReaderOf(source, fill);
        if (typeof read !== 'function') return read;
        return async (limits) => {
          const answer = await read(probeLimits(limits));
          return answer.ok ? rowsAnswer(answer) : answer;
        };
      }
      case 'prometheus': {
        const request = { url: text(source.url), query: text(source.query) };
        return (limits) => measurePrometheus(request, domainNow(), reduce, limits);
      }
      case 'file': {
        const path = text(source.path).replace(/^~(?=\/)/, options.env['HOME'] ?? '~'); // as a shell would
        return (limits) => measureFile(path, cwd, limits);
      }
      case 'ask':
        return unknown('needs_person', text(source.text));
    }
  }

  /** Runs `read` with a deadline of its own; answers then even where `read` does not come back. */
  async function within<Result>(ms: number, signal: AbortSignal, read: (limits: Limits) => Promise<Result>) {
    const ending = new AbortController();
    const stop = () => ending.abort('stopped');
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    const cancel = clock.after(ms, () => ending.abort('timeout'));
    const overdue = new Promise<Unknown>((answer) => {
      const give = () => setImmediate(() => answer(abortedAnswer(ending.signal)));
      if (ending.signal.aborted) give();
      ending.signal.addEventListener('abort', give);
    });
    try {
      return await Promise.race([read({ signal: ending.signal, leftMs: ms, mostBytes }), overdue]);
    } finally {
      cancel();
      signal.removeEventListener('abort', stop);
    }
  }

  /** Foreign words in a reason are masked and cannot drive the terminal. */
  const told = <Result extends Measured>(answer: Result): Result =>
    answer.ok
      ? { ...answer, text: redactor.text(answer.text) }
      : { ...answer, detail: sanitiseText(redactor.text(answer.detail)) };

  return {
    async measure(probe, fill, signal) {
      const read = filled(() => readerOf(probe, fill));
      if (typeof read !== 'function') return told(read);
      const readings: Known[] = [];
      for (let n = 1; n <= probe.times; n += 1) {
        const answer = await within(probe.timeoutMs, signal, read);
        const shaped = answer.ok ? shapeValue(answer, probe) : answer;
        if (!shaped.ok) {
          const which = probe.times > 1 ? `Reading ${n} of ${probe.times}: ` : '';
          return told({ ...shaped, detail: which + shaped.detail });
        }
        readings.push(shaped);
      }
      return told(reduceReadings(readings, probe.reduce));
    },
    async series(probe, fill, span, signal) {
      const { source, reduce } = probe;
      if (source.kind !== 'prometheus') return null;
      const request = filled(() =>
        known(null, { headers: { url: textOf(fill(source.url)), query: textOf(fill(source.query)) } }),
      );
      if (!request.ok) return told(request);
      const { url = '', query = '' } = request.headers;
      const answer = await within(probe.timeoutMs, signal, (limits) =>
        readSeries({ url, query }, span, reduce, limits),
      );
      return 'ok' in answer ? (answer.ok ? null : told(answer)) : answer;
    },
    async rows({ source }, fill, limitMs, signal) {
      if (source.kind !== 'sql') return unknown('no_data', 'Only a query has rows.');
      const read = filled(() => rowsReaderOf(source, fill));
      if (typeof read !== 'function') return told(read);
      const limit = { mostRows: mostEvidenceRows, mostBytes: mostEvidenceBytes };
      const answer = await within(limitMs, signal, (limits) => read({ ...limits, ...limit }));
      return answer.ok ? answer : told(answer);
    },
    close: () => sqlite.close(),
  };
}

/** What cannot be filled is unknown; a bug stays one. */
function filled<Result>(read: () => Result): Result | Extract<Answer, { ok: false }> {
  try {
    return read();
  } catch (error) {
    if (error instanceof OperatorError) return unknown('unset', error.message);
    throw error;
  }
}

/** Several readings, and the parts of lists, become one value; exit, status and headers are those of the last. */
function reduceReadings(readings: readonly Known[], reduce: Reduction): Answer {
  const last = readings.at(-1);
  if (last === undefined) return unknown('no_data', '');
  if (reduce === 'last') return last;
  const parts = readings.flatMap(({ value }) =>
    Array.isArray(value) ? (value as readonly Json[]) : [value],
  );
  const reduced = reduceValues(parts, reduce);
  return reduced.ok ? { ...last, value: reduced.value } : reduced;
}
