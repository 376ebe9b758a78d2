import { createHash } from 'node:crypto';
import { quotePath } from '../database.ts';
import { readTableShape } from '../table-shape.ts';
import { askReader, type ReaderResult } from './ask-reader.ts';
import { countByCommand } from './count-by-command.ts';
import { maskedRow } from './mask.ts';
import { countSql, countWith, newestRows, type Written } from './read-sql.ts';
import { limitOf, withSince, type Detector } from './rules.ts';

const verdicts = ['compatible', 'convertible', 'lossy', 'blocking'] as const;
export type Verdict = (typeof verdicts)[number];

export interface DetectorResult {
  readonly id: string;
  readonly class: Verdict;
  readonly table: string | null;
  /** Null where it is unknown. */
  readonly count: number | null;
  /** Of the statement as it was sent, or of the words of the command. */
  readonly sha256: string;
  readonly sample: readonly Readonly<Record<string, string>>[];
  readonly code: string | null;
  readonly detail: string;
}

export interface WrittenReport {
  readonly since: string;
  readonly verdict: Verdict;
  /** Something did not answer, or not in time: it counts as blocking. */
  readonly unknown: boolean;
  readonly detectors: readonly DetectorResult[];
  readonly reader: ReaderResult | null;
  /** Rows by table that a detector for convertible or lossy rows finds, each row once. */
  readonly convert: Readonly<Record<string, number>>;
  readonly rows: number;
}

/**
 * Counts what the failed release wrote that the old one cannot read, and has the old release's own reader look at rows
 * that no detector knows. Reads only; what is unknown counts as blocking.
 */
export async function findWritten(written: Written): Promise<WrittenReport> {
  const { rules, since } = written;
  const detectors: DetectorResult[] = [];
  for (const detector of rules.detectors) detectors.push(await detect(detector, written));
  const reader = rules.reader === undefined ? null : await askReader(rules.reader, written);
  const { convert, unsure } = await countOnce(written, detectors);
  const unknown = unsure || detectors.some(({ count }) => count === null) || reader?.result === 'unknown';
  const found = detectors.flatMap((one) => ((one.count ?? 0) > 0 ? [one.class] : []));
  if (unknown || reader?.result === 'fail') found.push('blocking');
  return {
    since,
    verdict: verdicts.findLast((verdict) => found.includes(verdict)) ?? 'compatible',
    unknown,
    detectors,
    reader,
    convert,
    rows: Object.values(convert).reduce((sum, count) => sum + count, 0),
  };
}

/** Whether the first is more than what is allowed. */
export const isWorse = (verdict: Verdict, allowed: Verdict): boolean =>
  verdicts.indexOf(verdict) > verdicts.indexOf(allowed);

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

async function detect(detector: Detector, { rules, since, source }: Written): Promise<DetectorResult> {
  const { id, run, sql, table } = detector;
  const limitMs = limitOf(rules);
  const base = { id, class: detector.class, table: table ?? null, sample: [], code: null, detail: '' };
  if (run !== undefined) {
    const counted = await countByCommand(run, since, limitMs);
    return { ...base, sha256: sha256(JSON.stringify(run)), ...counted };
  }
  if (sql === undefined || table === undefined || source === null)
    return { ...base, sha256: '', count: null, code: 'no_database', detail: 'no database is named' };
  const shape = await readTableShape(source.database, table, detector.key);
  const where = `(${withSince(sql, since)})`;
  const statement = countSql(shape.path, where);
  const hashed = { ...base, sha256: sha256(statement) };
  const counted = await countWith(source.readSql, statement, limitMs);
  if (!counted.ok) return { ...hashed, count: null, code: counted.code, detail: counted.detail };
  const { count } = counted;
  if (count === 0 || detector.sample === 0) return { ...hashed, count };
  const sampled = await newestRows(source.readSql, shape, where, detector.sample, limitMs);
  if (!sampled.ok) return { ...hashed, count, code: sampled.code, detail: `no sample: ${sampled.detail}` };
  const open = [...shape.key, ...detector.show];
  return { ...hashed, count, sample: sampled.rows.map((row) => maskedRow(row, open)) };
}

/** A row that two detectors find is one row to convert. */
async function countOnce(
  { rules, since, source }: Written,
  results: readonly DetectorResult[],
): Promise<{ readonly convert: Readonly<Record<string, number>>; readonly unsure: boolean }> {
  const convert: Record<string, number> = {};
  let unsure = false;
  const wanted = rules.detectors.filter((one) => one.class !== 'blocking' && one.table !== undefined);
  for (const [table, own = []] of Object.entries(Object.groupBy(wanted, ({ table }) => table ?? ''))) {
    const [only] = own;
    const known = results.find(({ id }) => id === only?.id)?.count ?? 0;
    const any = own.map(({ sql }) => `(${withSince(sql ?? '', since)})`).join(' or ');
    const counted =
      own.length === 1 || source === null
        ? { ok: true as const, count: known }
        : await countWith(source.readSql, countSql(quotePath(...table.split('.')), any), limitOf(rules));
    if (!counted.ok) unsure = true;
    else if (counted.count > 0) convert[table] = counted.count;
  }
  return { convert, unsure };
}
