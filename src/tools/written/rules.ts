import { z } from 'zod';
import { parseDuration } from '../../runbook/duration.ts';
import { readRulesFile, type RulesFile } from '../rules-file.ts';

const duration = z.string().refine((text) => parseDuration(text) !== null, 'is a duration such as 60s');
const sql = z.string().min(1).max(10_000);
const tableName = z.string().regex(/^[\w$]+(\.[\w$]+)?$/, 'is `table` or `schema.table`');
const column = z.string().min(1).max(63);
const argv = z.array(z.string().min(1)).min(1);

const detector = z
  .strictObject({
    id: z.string().regex(/^[a-z][a-z0-9_]*$/, 'is a name such as new_status'),
    /** What can become of such rows: converted, converted with a loss, or nothing. */
    class: z.enum(['convertible', 'lossy', 'blocking']),
    table: tableName.optional(),
    sql: sql.optional(),
    run: argv.optional(),
    key: z.array(column).min(1).optional(),
    sample: z.int().min(0).max(100).default(5),
    show: z.array(column).default([]),
  })
  .refine((one) => (one.sql === undefined) !== (one.run === undefined), 'needs exactly one of: sql, run')
  .refine((one) => (one.sql === undefined) === (one.table === undefined), '`table` goes with `sql`');

const readTable = z.strictObject({
  table: tableName,
  where: sql,
  key: z.array(column).min(1).optional(),
  sample: z.int().min(1).max(500).default(200),
});

const rulesSchema = z
  .strictObject({
    walkback_written: z.literal(1),
    timeout: duration.default('60s'),
    detectors: z.array(detector).max(100),
    reader: z
      .strictObject({
        run: argv,
        tables: z.array(readTable).min(1).max(20),
        timeout: duration.default('60s'),
      })
      .optional(),
  })
  .refine((one) => one.detectors.length > 0 || one.reader !== undefined, 'needs detectors or a reader')
  .refine(
    (one) => new Set(one.detectors.map(({ id }) => id)).size === one.detectors.length,
    'has two detectors with one id',
  );

export type WrittenRules = Readonly<z.infer<typeof rulesSchema>>;
export type Detector = WrittenRules['detectors'][number];
export type Reader = NonNullable<WrittenRules['reader']>;

/** Which rows the old release cannot read, and the old release's own reader. */
export const readWrittenRules = (file: string): RulesFile<WrittenRules> => readRulesFile(file, rulesSchema);

/** How long one question may take, in milliseconds. */
export const limitOf = ({ timeout }: Pick<WrittenRules, 'timeout'>): number =>
  parseDuration(timeout) ?? 60_000;

/**
 * Puts the time in the place of `:since`. What stands in quotes or comments, and casts (`::text`), stay as they are.
 * @param since an ISO 8601 time
 */
export function withSince(text: string, since: string): string {
  const pieces = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[^]*?\*\/|::|:since\b/g;
  return text.replaceAll(pieces, (piece) =>
    piece === ':since' ? `'${since.replaceAll("'", "''")}'` : piece,
  );
}
