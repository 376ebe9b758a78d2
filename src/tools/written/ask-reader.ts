import { execa } from 'execa';
import { parseDuration } from '../../runbook/duration.ts';
import type { Row } from '../database/model.ts';
import { jsonOf } from '../json-row.ts';
import { readTableShape } from '../table-shape.ts';
import { countSql, countWith, newestRows, type Written } from './read-sql.ts';
import { limitOf, withSince, type Reader } from './rules.ts';

export interface ReaderResult {
  readonly run: readonly string[];
  readonly result: 'pass' | 'fail' | 'unknown';
  /** Rows that it was given, of those that there are. */
  readonly read: number;
  readonly of: number;
  readonly detail: string;
}

/**
 * Gives the old release's own reader rows that were written since and that no detector knows, one JSON object a line
 * with `table` and `row`: rules miss things. It ends with 0 where it can read all of them.
 */
export async function askReader(reader: Reader, { rules, since, source }: Written): Promise<ReaderResult> {
  const base = { run: reader.run, read: 0, of: 0 };
  const unknown = (detail: string): ReaderResult => ({ ...base, result: 'unknown', detail });
  if (source === null) return unknown('no database is named');
  const { database, readSql } = source;
  const lines: string[] = [];
  let of = 0;
  for (const { table, where, key, sample } of reader.tables) {
    const shape = await readTableShape(database, table, key);
    const known = rules.detectors.flatMap((one) =>
      one.table === table && one.sql !== undefined ? [` and (${withSince(one.sql, since)}) is not true`] : [],
    );
    const wanted = `(${withSince(where, since)})${known.join('')}`;
    const counted = await countWith(readSql, countSql(shape.path, wanted), limitOf(rules));
    if (!counted.ok) return unknown(`${table}: ${counted.code}: ${counted.detail}`);
    of += counted.count;
    const sampled = await newestRows(readSql, shape, wanted, sample, limitOf(rules));
    if (!sampled.ok) return unknown(`${table}: ${sampled.code}: ${sampled.detail}`);
    lines.push(...sampled.rows.map((row) => lineOf(table, row)));
  }
  return { ...base, read: lines.length, of, ...(await run(reader, lines)) };
}

const lineOf = (table: string, row: Row): string =>
  `{"table":${JSON.stringify(table)},"row":${jsonOf(row)}}\n`;

async function run(
  reader: Reader,
  lines: readonly string[],
): Promise<Pick<ReaderResult, 'result' | 'detail'>> {
  const [program = '', ...args] = reader.run;
  const ended = await execa(program, args, {
    input: lines.join(''),
    reject: false,
    timeout: parseDuration(reader.timeout) ?? 60_000,
    killSignal: 'SIGKILL',
    maxBuffer: 16 * 1024 * 1024,
  });
  if (ended.timedOut) return { result: 'unknown', detail: `it did not end within ${reader.timeout}` };
  if (ended.exitCode === undefined)
    return { result: 'unknown', detail: ended.shortMessage ?? 'it did not start' };
  if (ended.exitCode === 0) return { result: 'pass', detail: '' };
  const said = ended.stderr.trim() === '' ? ended.stdout : ended.stderr;
  const last = said.trim().split('\n').slice(-3).join(' / ').slice(-300);
  return { result: 'fail', detail: `it ended with ${String(ended.exitCode)}: ${last}` };
}
