import { OperatorError, exitCode } from '../../errors.ts';
import { databasePlace, withDatabase } from '../../tools/database.ts';
import type { Database } from '../../tools/database/model.ts';
import { fenceOf } from '../../tools/lease/fence.ts';
import { readTransformPlan } from '../../tools/transform/plan.ts';
import { reverse as takeBack } from '../../tools/transform/reverse.ts';
import {
  dropOriginals,
  originalsKept,
  transform as convert,
  type TransformResult,
} from '../../tools/transform/transform.ts';
import { inertLine } from '../inert-line.ts';
import type { Surroundings } from '../surroundings.ts';
import { systemTimes } from './times.ts';

export interface TransformFlags {
  readonly sqlite?: string;
  readonly postgres?: true;
  readonly session: string;
  readonly expect?: string;
  readonly approvedLoss: string;
  readonly dryRun?: true;
  readonly overwrite?: true;
  readonly fence?: string;
  readonly json?: true;
}

/** A short word: it becomes part of the name of a table. */
function sessionOf({ session }: Pick<TransformFlags, 'session'>): string {
  if (/^[\w.-]{1,40}$/.test(session)) return session;
  throw new OperatorError(`--session ${inertLine(session)} is no name.`, [
    "Give the session's id, or a word of letters, digits, - and _.",
  ]);
}

function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new OperatorError(`${flag} ${inertLine(text)} is no whole number.`, ['Write one, like 37.']);
}

/** With progress on the way, but not between the lines of a JSON document. */
const telling = (around: Surroundings, flags: TransformFlags, what: string) => ({
  onBatch: (table: string, done: number, expected: number): void => {
    if (flags.json !== true)
      around.write(`${inertLine(table)}: ${String(done)} of ${String(expected)} ${what}\n`);
  },
});

const fencing = (around: Surroundings, flags: TransformFlags, database: Database) => {
  const fence = fenceOf(database, flags.fence, around.env);
  return fence === null ? {} : { fence };
};

/** `walkback data transform`: writes rows so that the old release can read them. */
export async function transform(around: Surroundings, path: string, flags: TransformFlags): Promise<number> {
  const session = sessionOf(flags);
  const file = readTransformPlan(path);
  const expected = flags.expect === undefined ? null : wholeNumber('--expect', flags.expect);
  const approvedLoss = wholeNumber('--approved-loss', flags.approvedLoss);
  return withDatabase(databasePlace(flags, around.env), { allRows: true }, async (database) => {
    const result = await convert(database, {
      file,
      session,
      expected,
      approvedLoss,
      dryRun: flags.dryRun === true,
      times: systemTimes(),
      ...fencing(around, flags, database),
      ...telling(around, flags, 'converted'),
    });
    around.write(flags.json === true ? `${JSON.stringify(result, null, 2)}\n` : textOf(result));
    return exitCode.done;
  });
}

function textOf(result: TransformResult): string {
  const lines = [
    result.dryRun
      ? 'dry run: everything below was rolled back'
      : `changed now: ${String(result.changed)}; done in all: ${String(result.done)}`,
    ...result.tables.flatMap(({ table, originals, done, expected, now, differences }) => [
      `${table}: ${String(done)} of ${String(expected)} rows; originals in ${originals}`,
      `    converted ${String(now.converted)}, default ${String(now.defaulted)}, null ${String(now.nulled)}, quarantined ${String(now.quarantined)}`,
      ...differences.flatMap(({ key, changes }) => [
        `    row ${Object.values(key).join('/')}${changes === null ? ': taken out' : ''}`,
        ...Object.entries(changes ?? {}).flatMap(([name, { before, after }]) => [
          `      - ${name} ${before}`,
          `      + ${name} ${after}`,
        ]),
      ]),
    ]),
    `rows with loss: ${String(result.lossy)}`,
    ...(result.dryRun ? [] : [`originals are kept until ${result.keepUntil}`]),
  ];
  return `${lines.map(inertLine).join('\n')}\n`;
}

/** `walkback data reverse`: puts the originals back. */
export async function reverse(around: Surroundings, path: string, flags: TransformFlags): Promise<number> {
  const session = sessionOf(flags);
  const file = readTransformPlan(path);
  return withDatabase(databasePlace(flags, around.env), { allRows: true }, async (database) => {
    const result = await takeBack(database, {
      file,
      session,
      overwrite: flags.overwrite === true,
      ...fencing(around, flags, database),
      ...telling(around, flags, 'put back'),
    });
    around.write(
      flags.json === true
        ? `${JSON.stringify(result, null, 2)}\n`
        : `put back: ${String(result.restored)}, each row as it was\n`,
    );
    return exitCode.done;
  });
}

/** `walkback data originals`: what is kept of a session, or drops it once its time is over. */
export async function originals(
  around: Surroundings,
  path: string,
  flags: TransformFlags & { readonly drop?: true },
): Promise<number> {
  const session = sessionOf(flags);
  const file = readTransformPlan(path);
  return withDatabase(databasePlace(flags, around.env), { allRows: true }, async (database) => {
    if (flags.drop === true) {
      const dropped = await dropOriginals(database, file, session, systemTimes());
      around.write(`dropped: ${String(dropped)} originals\n`);
      return exitCode.done;
    }
    const kept = await originalsKept(database, file, session);
    around.write(
      flags.json === true
        ? `${JSON.stringify(kept, null, 2)}\n`
        : kept
            .map(
              ({ table, rows, progress }) =>
                `${inertLine(table)}: ${String(rows)} originals${progress === null ? '' : `, ${progress.state}, kept until ${progress.keepUntil}`}\n`,
            )
            .join(''),
    );
    return exitCode.done;
  });
}
