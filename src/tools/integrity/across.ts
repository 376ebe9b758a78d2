import { quoteName, quotePath, quoteText } from '../database.ts';
import type { Database, Row } from '../database/model.ts';
import type { Found, Orphan } from './anti-join.ts';
import type { Reference, Side } from './reference.ts';

/** Keys that are asked for at once. */
const batch = 2000;

/**
 * Orphans of a reference whose two sides lie in different databases: the distinct keys of the child in their order, batch
 * by batch, each batch looked up in the parent by its index. Nothing is held but one batch.
 * @param most how many orphans are handed back; all are counted
 */
export async function findOrphansAcross(
  child: Database,
  parent: Database,
  reference: Reference,
  most: number,
): Promise<Found> {
  const types = await typesOf(parent, reference.parent);
  const orphans: Orphan[] = [];
  let count = 0;
  let last: Row | null = null;
  for (;;) {
    const keys = await nextKeys(child, reference.child, last);
    last = keys.at(-1) ?? null;
    if (last === null) return { count, orphans };
    const texts = keys.map((key) => reference.child.columns.map((_, index) => String(key[`t${index}`])));
    const found = await present(parent, reference.parent, types, texts);
    for (const [index, key] of keys.entries()) {
      if (found.has(index)) continue;
      count += Number(key['n']);
      if (orphans.length < most)
        orphans.push({ row: `${String(key['n'])} rows`, points: JSON.stringify(texts[index]) });
    }
  }
}

async function nextKeys(
  database: Database,
  { path, columns }: Side,
  last: Row | null,
): Promise<readonly Row[]> {
  const names = columns.map(quoteName);
  const after =
    last === null
      ? ''
      : `and (${names.join(', ')}) > (${names.map((_, index) => `$${index + 1}`).join(', ')})`;
  return database.query(
    `select ${names.map((name, index) => `${name} as k${index}, cast(${name} as text) as t${index}`).join(', ')}, count(*) as n
       from ${quotePath(...path)} where ${names.map((name) => `${name} is not null`).join(' and ')} ${after}
      group by ${names.join(', ')} order by ${names.join(', ')} limit ${batch}`,
    last === null ? [] : names.map((_, index) => last[`k${index}`] ?? null),
  );
}

/** Which of the keys, by their place in the list, the parent has. */
async function present(
  database: Database,
  { path, columns }: Side,
  types: readonly ParentType[],
  keys: readonly (readonly string[])[],
): Promise<ReadonlySet<number>> {
  // a text that is no number cannot stand in a column of numbers: it is not asked for, since the server would refuse it
  const possible = keys.flatMap((key, n) =>
    key.every((text, index) => types[index]?.accepts(text) ?? false) ? [{ n, key }] : [],
  );
  const asked = JSON.stringify(
    possible.map(({ n, key }) =>
      Object.fromEntries([['n', n], ...key.map((text, index) => [`c${index}`, text])]),
    ),
  );
  const same = columns.map((column, index) => {
    const own = `p.${quoteName(column)}`;
    return types[index]?.asText === true ? `cast(${own} as text) = k.c${index}` : `${own} = k.c${index}`;
  });
  const list =
    database.dialect === 'postgres'
      ? `json_to_recordset($1::json) as k(n int, ${types.map(({ name }, index) => `c${index} ${name}`).join(', ')})`
      : `(select json_extract(value, '$.n') as n, ${types.map((_, index) => `json_extract(value, '$.c${index}') as c${index}`).join(', ')} from json_each($1)) as k`;
  const rows = await database.query(
    `select k.n as n from ${list} where exists (select 1 from ${quotePath(...path)} p where ${same.join(' and ')})`,
    [asked],
  );
  return new Set(rows.map((row) => Number(row['n'])));
}

interface ParentType {
  readonly name: string;
  /** Compared as texts: no index helps, but nothing else is certain to be right. */
  readonly asText: boolean;
  accepts(text: string): boolean;
}

const anything = (): boolean => true;
const whole = (text: string): boolean =>
  /^-?\d{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
const uuid = (text: string): boolean => /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i.test(text);

async function typesOf(database: Database, { path, columns }: Side): Promise<readonly ParentType[]> {
  const rows =
    database.dialect === 'postgres'
      ? await database.query(
          `select attname as name, format_type(atttypid, null) as type from pg_catalog.pg_attribute
            where attrelid = to_regclass($1) and attnum > 0`,
          [quotePath(...path)],
        )
      : await database.query(`select name, type from pragma_table_info(${quoteText(path[0] ?? '')})`);
  return columns.map((column) => {
    const type = String(rows.find(({ name }) => name === column)?.['type'] ?? '').toLowerCase();
    if (database.dialect === 'sqlite')
      return { name: '', asText: !/int|char|clob|text|real|floa|doub|num|dec/.test(type), accepts: anything };
    if (/^(?:bigint|integer|smallint)$/.test(type)) return { name: 'bigint', asText: false, accepts: whole };
    if (type === 'uuid') return { name: 'uuid', asText: false, accepts: uuid };
    return { name: 'text', asText: !/^(?:text|character varying)$/.test(type), accepts: anything };
  });
}
