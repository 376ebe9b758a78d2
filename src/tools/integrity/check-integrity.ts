import { OperatorError } from '../../errors.ts';
import { quoteText } from '../database.ts';
import type { Database } from '../database/model.ts';
import { findOrphansAcross } from './across.ts';
import { findOrphans, type Found, type Orphan, type Sample } from './anti-join.ts';
import { mostTold, orphanKey, type Baseline } from './baseline.ts';
import { postgresReferences } from './postgres-references.ts';
import { sqliteReferences } from './sqlite-references.ts';
import type { Reference } from './reference.ts';

export interface IntegrityQuestion {
  readonly database: Database;
  /** The second database, for soft references that lead there. */
  readonly other: Database | null;
  readonly soft: readonly Reference[];
  readonly baseline: Baseline | null;
  /** Looks at this percentage of each table only; then nothing is ever found to be whole. */
  readonly sample: Sample;
}

/** What is known of one reference. `whole` is the only good word. */
export interface ReferenceVerdict {
  readonly reference: string;
  readonly kind: Reference['kind'];
  readonly verdict: 'whole' | 'old_orphans' | 'orphans' | 'unknown';
  /** Null where nobody could count. */
  readonly orphans: number | null;
  /** Null without a baseline, or where it cannot be told. */
  readonly fresh: number | null;
  readonly found: readonly Orphan[];
  readonly weak: readonly string[];
  readonly why: string | null;
}

/** Every declared reference of a database and the soft ones that were asked for, in one unchanging picture of the data. */
export async function checkIntegrity(question: IntegrityQuestion): Promise<{
  readonly verdicts: readonly ReferenceVerdict[];
  readonly counted: readonly (readonly [reference: string, Found])[];
}> {
  const { database, other } = question;
  return reading(database, async () => {
    const declared =
      database.dialect === 'postgres' ? await postgresReferences(database) : await sqliteReferences(database);
    const inSecond = async () => {
      const verdicts: ReferenceVerdict[] = [];
      const counted: [string, Found][] = [];
      for (const reference of [...declared, ...question.soft]) {
        const found = await lookedAt(question, reference);
        if (typeof found !== 'string') counted.push([reference.text, found]);
        verdicts.push(judge(question, reference, found));
      }
      return { verdicts, counted };
    };
    return other === null ? inSecond() : reading(other, inSecond);
  });
}

async function reading<T>(database: Database, work: () => Promise<T>): Promise<T> {
  return database.transaction(
    async () => {
      // rows that a policy hides from this role make the query fail instead of passing unseen
      if (database.dialect === 'postgres') await database.query('set local row_security = off');
      return work();
    },
    { readOnly: true },
  );
}

/** Orphans of one reference, or why nobody can say. */
async function lookedAt(question: IntegrityQuestion, reference: Reference): Promise<Found | string> {
  const { database, other, sample } = question;
  const { child, parent, unknown } = reference;
  if (unknown !== null) return unknown;
  const here = (side: Reference['child']) => (side.database === 'other' ? other : database);
  const [from, to] = [here(child), here(parent)];
  if (from === null || to === null) return 'no second database was named (--other)';
  for (const each of [database, other]) await each?.query('savepoint one_reference');
  try {
    const found =
      from === to
        ? await findOrphans(from, reference, mostTold, sample)
        : await findOrphansAcross(from, to, reference, mostTold);
    const objection = await sqliteObjects(question, reference, found);
    for (const each of [database, other]) await each?.query('release savepoint one_reference');
    return objection ?? found;
  } catch (error) {
    if (!(error instanceof OperatorError)) throw error;
    for (const each of [database, other]) await each?.query('rollback to savepoint one_reference');
    return error.message.split('\n')[0] ?? '';
  }
}

/** SQLite counts its own orphans too, without saying which; where it counts others, neither number is believed. */
async function sqliteObjects(
  { database, sample }: IntegrityQuestion,
  reference: Reference,
  { count }: Found,
): Promise<string | null> {
  if (
    database.dialect !== 'sqlite' ||
    !('number' in reference) ||
    !reference.parent.exists ||
    sample !== null
  )
    return null;
  const [row] = await database.query(
    `select count(*) as n from pragma_foreign_key_check(${quoteText(reference.child.path[0] ?? '')}) where fkid = $1`,
    [Number(reference.number)],
  );
  return Number(row?.['n']) === count
    ? null
    : `an anti-join finds ${count}, SQLite's own foreign_key_check ${String(row?.['n'])}: compare the types of both columns`;
}

function judge(
  { baseline, sample }: IntegrityQuestion,
  reference: Reference,
  found: Found | string,
): ReferenceVerdict {
  const { text, kind, weak } = reference;
  const about = { reference: text, kind, weak };
  const unknown = (why: string, count: number | null, orphans: readonly Orphan[]): ReferenceVerdict => ({
    ...about,
    verdict: 'unknown',
    orphans: count,
    fresh: null,
    found: orphans,
    why,
  });
  if (typeof found === 'string') return unknown(found, null, []);
  const { count, orphans } = found;
  if (count === 0)
    return sample === null
      ? { ...about, verdict: 'whole', orphans: 0, fresh: 0, found: [], why: null }
      : unknown(`none in a sample of ${sample} %; the rest was not looked at`, 0, []);
  if (baseline === null)
    return { ...about, verdict: 'orphans', orphans: count, fresh: null, found: orphans, why: null };
  const before = baseline[text];
  const known = new Set(before?.keys);
  const fresh = orphans.filter((orphan) => !known.has(orphanKey(orphan)));
  const cannotTell = before?.complete === false || orphans.length < count;
  if (cannotTell && fresh.length > 0 && before?.complete === false)
    return unknown('there were too many orphans before to tell new ones from them', count, fresh);
  if (cannotTell && fresh.length === 0)
    return unknown(`there are more than ${mostTold} orphans: new ones among them cannot be told`, count, []);
  return {
    ...about,
    verdict: fresh.length > 0 ? 'orphans' : 'old_orphans',
    orphans: count,
    fresh: fresh.length,
    found: fresh,
    why:
      before === undefined ? 'the baseline does not know this reference: all its orphans count as new' : null,
  };
}
