import { openSqliteReader } from '../../actions/measure/sqlite.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import { namedDatabase, withDatabase } from '../../tools/database.ts';
import type { Cell, Row } from '../../tools/database/model.ts';
import { readPostgres, type ReadSql, type Written } from '../../tools/written/read-sql.ts';
import { readWrittenRules } from '../../tools/written/rules.ts';
import { findWritten, isWorse, type Verdict, type WrittenReport } from '../../tools/written/written.ts';
import { inertLine } from '../inert-line.ts';
import { programFile } from '../program-files.ts';
import type { Surroundings } from '../surroundings.ts';
import { systemTimes } from './times.ts';

export interface WrittenFlags {
  readonly since: string;
  readonly sqlite?: string;
  readonly postgres?: true;
  readonly allow: Verdict;
  readonly json?: true;
}

/** `walkback data written`: what the failed release wrote that the old one cannot read. */
export async function written(around: Surroundings, file: string, flags: WrittenFlags): Promise<number> {
  const times = systemTimes();
  const epochMs = times.epochMsOf(flags.since);
  if (Number.isNaN(epochMs))
    throw new OperatorError(`--since ${inertLine(flags.since)} is no time.`, [
      'Write an ISO 8601 time, like 2026-03-01T10:15:00Z: when the release became active.',
    ]);
  const { rules } = readWrittenRules(file);
  const ask = (source: Written['source']): Promise<WrittenReport> =>
    findWritten({ rules, since: times.isoOf(epochMs), source });
  const place = namedDatabase(flags, around.env);
  const report =
    place === null
      ? await ask(null)
      : await withDatabase(place, { readOnly: true, allRows: true }, async (database) => {
          if (place.kind !== 'sqlite') return ask({ database, readSql: readPostgres(database) });
          const reader = openSqliteReader(programFile(around, 'sqlite-process'), around.env);
          try {
            return await ask({ database, readSql: readSqlite(reader, place.file) });
          } finally {
            await reader.close();
          }
        });
  around.write(flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : textOf(report));
  if (report.unknown) return exitCode.unknown;
  return isWorse(report.verdict, flags.allow) ? exitCode.failed : exitCode.done;
}

/** In a process of its own, which is ended when a query takes too long: SQLite itself knows no limit. */
const readSqlite =
  (reader: ReturnType<typeof openSqliteReader>, path: string): ReadSql =>
  async (query, limitMs) => {
    const signal = AbortSignal.timeout(limitMs);
    const answer = await reader.query(
      { path, query },
      { signal, leftMs: limitMs, mostBytes: 16 * 1024 * 1024, mostRows: 1000 },
    );
    if (signal.aborted)
      return { ok: false, code: 'timeout', detail: `no answer within ${String(limitMs)} ms` };
    if (!answer.ok) return { ok: false, code: answer.code, detail: answer.detail };
    const { columns, rows } = answer;
    return {
      ok: true,
      rows: rows.map((row): Row =>
        Object.fromEntries(columns.map((name, at) => [name, (row[at] ?? null) as Cell])),
      ),
    };
  };

const marks = { compatible: '✔', convertible: '~', lossy: '!', blocking: '✘' } as const;

function textOf(report: WrittenReport): string {
  const { detectors, reader } = report;
  const lines = [
    `written since ${report.since}: ${report.verdict}${report.unknown ? ' (something is unknown, which counts as blocking)' : ''}`,
    ...detectors.flatMap((one) => [
      one.count === null
        ? `? ${one.id}${one.table === null ? '' : ` in ${one.table}`}: unknown (${one.code ?? ''}): ${one.detail}`
        : `${one.count === 0 ? '✔' : marks[one.class]} ${one.id}${one.table === null ? '' : ` in ${one.table}`}: ${
            one.count === 0 ? 'none' : `${String(one.count)} ${one.class}`
          }   sha256 ${one.sha256.slice(0, 12)}`,
      ...one.sample.map(
        (row) =>
          `    ${Object.entries(row)
            .map(([name, value]) => `${name} ${value}`)
            .join(', ')}`,
      ),
    ]),
    ...(reader === null
      ? ['? no reader of the old release is named: what the rules do not know is not seen']
      : [
          `${{ pass: '✔', fail: '✘', unknown: '?' }[reader.result]} ${reader.run.join(' ')} read ${String(reader.read)} of ${String(reader.of)} other rows${
            reader.detail === '' ? '' : `: ${reader.detail}`
          }`,
        ]),
    ...Object.entries(report.convert).map(([table, count]) => `to convert in ${table}: ${String(count)}`),
    `rows to convert: ${String(report.rows)}`,
  ];
  return `${lines.map(inertLine).join('\n')}\n`;
}
