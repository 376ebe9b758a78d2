import { writeFileSync } from 'node:fs';
import { OperatorError, exitCode } from '../../errors.ts';
import { databasePlace, withDatabase } from '../../tools/database.ts';
import type { Database, DatabasePlace } from '../../tools/database/model.ts';
import { baselineOf, dropBaseline, readBaseline, saveBaseline } from '../../tools/integrity/baseline.ts';
import { checkIntegrity, type ReferenceVerdict } from '../../tools/integrity/check-integrity.ts';
import { parseSoftReference } from '../../tools/integrity/reference.ts';
import { inertLine } from '../inert-line.ts';
import type { Surroundings } from '../surroundings.ts';

export interface IntegrityFlags {
  readonly sqlite?: string;
  readonly postgres?: true;
  readonly soft: readonly string[];
  readonly other?: string;
  readonly saveBaseline?: string;
  readonly baseline?: string;
  readonly dropBaseline?: true;
  readonly sample?: string;
  readonly ids: string;
  readonly export?: string;
  readonly json?: true;
}

/** `walkback data integrity`: rows that point at nothing, found by an anti-join for each reference. */
export async function integrity(around: Surroundings, flags: IntegrityFlags): Promise<number> {
  const place = databasePlace(flags, around.env);
  const soft = flags.soft.map(parseSoftReference);
  const sample = flags.sample === undefined ? null : percent(flags.sample);
  const shown = wholeNumber('--ids', flags.ids);
  if (flags.baseline !== undefined && flags.saveBaseline !== undefined)
    throw new OperatorError('A baseline is saved or compared with, not both.', ['Give one of the two.']);
  if (flags.saveBaseline !== undefined && sample !== null)
    throw new OperatorError('A sample is no baseline.', ['Take the baseline without --sample.']);
  const otherPlace = flags.other === undefined ? null : placeOfOther(flags.other, around);

  return withDatabase(place, {}, async (database) => {
    if (flags.dropBaseline === true) {
      await dropBaseline(database);
      around.write(`${inertLine(database.name)}: holds no baseline\n`);
      return exitCode.done;
    }
    const ask = async (other: Database | null) => {
      const baseline = flags.baseline === undefined ? null : await readBaseline(database, flags.baseline);
      const { verdicts, counted } = await checkIntegrity({ database, other, soft, baseline, sample });
      if (flags.saveBaseline !== undefined)
        await saveBaseline(database, flags.saveBaseline, baselineOf(counted));
      return verdicts;
    };
    const verdicts =
      otherPlace === null ? await ask(null) : await withDatabase(otherPlace, { readOnly: true }, ask);
    if (flags.export !== undefined)
      writeFileSync(flags.export, verdicts.flatMap(exported).join(''), { mode: 0o600 });
    const verdict = overall(verdicts);
    const short = verdicts.map((one) => ({ ...one, found: one.found.slice(0, shown) }));
    around.write(
      flags.json === true
        ? `${JSON.stringify({ database: database.name, verdict, baseline: flags.saveBaseline ?? flags.baseline ?? null, references: short }, null, 2)}\n`
        : textOf(database, verdict, short),
    );
    if (flags.saveBaseline !== undefined) return verdict === 'unknown' ? exitCode.unknown : exitCode.done;
    return verdict === 'whole' ? exitCode.done : verdict === 'orphans' ? exitCode.failed : exitCode.unknown;
  });
}

/** Orphans that were found stay found, whatever else is unknown. */
function overall(verdicts: readonly ReferenceVerdict[]): 'whole' | 'orphans' | 'unknown' {
  if (verdicts.some(({ verdict }) => verdict === 'orphans')) return 'orphans';
  return verdicts.some(({ verdict }) => verdict === 'unknown') ? 'unknown' : 'whole';
}

const exported = ({ reference, found }: ReferenceVerdict): readonly string[] =>
  found.map(({ row, points }) => `${JSON.stringify({ reference, row, points })}\n`);

const marks = { whole: '✔', old_orphans: '~', orphans: '✘', unknown: '?' } as const;

function textOf(database: Database, verdict: string, verdicts: readonly ReferenceVerdict[]): string {
  const lines = verdicts.flatMap((one) => [
    `${marks[one.verdict]} ${one.reference}: ${countOf(one)}${one.weak.length > 0 ? ` (${one.weak.join(', ')})` : ''}`,
    ...(one.why === null ? [] : [`    ${one.why}`]),
    ...one.found.map(({ row, points }) => `    row ${row} points at ${points}`),
  ]);
  const first = `${database.name}: ${verdicts.length} references, ${verdict}`;
  return `${[first, ...lines].map(inertLine).join('\n')}\n`;
}

function countOf({ verdict, orphans, fresh }: ReferenceVerdict): string {
  if (orphans === null) return 'unknown';
  if (verdict === 'whole') return 'whole';
  const old = fresh === null ? '' : `, ${fresh} of them new`;
  return `${verdict === 'unknown' ? 'unknown; ' : ''}${orphans} ${orphans === 1 ? 'orphan' : 'orphans'}${old}`;
}

function placeOfOther(text: string, { env }: Surroundings): DatabasePlace {
  const at = text.indexOf(':');
  const [kind, rest] = [text.slice(0, at), text.slice(at + 1)];
  if (rest !== '' && kind === 'sqlite') return { kind: 'sqlite', file: rest };
  if (rest !== '' && kind === 'postgres') return { kind: 'postgres', env, variable: rest };
  throw new OperatorError(`“${inertLine(text)}” is no second database.`, [
    'Write sqlite:FILE, or postgres:VARIABLE for a variable that holds its address.',
  ]);
}

function percent(text: string): number {
  const value = /^\d{1,3}(?:\.\d{1,4})?$/.test(text) ? Number(text) : 0;
  if (value > 0 && value <= 100) return value;
  throw new OperatorError(`--sample ${inertLine(text)} is no percentage.`, [
    'Write a number over 0, at most 100.',
  ]);
}

function wholeNumber(flag: string, text: string): number {
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new OperatorError(`${flag} ${inertLine(text)} is no whole number.`, ['Write one, like 20.']);
}
