import { quoteName } from '../database.ts';
import type { Cell, Database } from '../database/model.ts';
import { referenceText, type Reference, type Side } from './reference.ts';

/**
 * Every foreign key of the database from its catalogue: in all schemas, composite ones, those of partitioned tables once
 * (their partitions' copies are left out), also such that are not valid, not enforced, or whose triggers are off.
 */
export async function postgresReferences(database: Database): Promise<readonly Reference[]> {
  const rows = await database.query(catalogue);
  return rows.map((row) => {
    const list = (name: string): readonly string[] => JSON.parse(String(row[name])) as readonly string[];
    const side = (which: 'child' | 'parent'): Side => ({
      database: 'this',
      path: [String(row[`${which}_schema`]), String(row[`${which}_table`])],
      columns: list(`${which}_columns`),
      only: row[`${which}_kind`] === 'r',
      operators: list('operators'),
      exists: true,
    });
    const child = side('child');
    const parent = side('parent');
    return {
      text: referenceText(child, parent),
      kind: 'declared',
      child,
      parent,
      match: row['match'] === 'f' ? 'full' : 'simple',
      weak: [
        ...(row['valid'] === false ? ['not valid'] : []),
        ...(row['enforced'] === false ? ['not enforced'] : []),
        ...(row['triggers_off'] === true ? ['its triggers are off'] : []),
      ],
      unknown:
        row['period'] === true
          ? 'it is a key over periods (PERIOD): no plain anti-join says whether it holds'
          : null,
    };
  });
}

/** Columns and operators in the order of the key. What newer servers know besides is asked for by way of JSON. */
const catalogue = `
  select cn.nspname as child_schema, ct.relname as child_table, ct.relkind as child_kind,
         pn.nspname as parent_schema, pt.relname as parent_table, pt.relkind as parent_kind,
         c.confmatchtype as match, c.convalidated as valid,
         coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true) as enforced,
         coalesce((to_jsonb(c) ->> 'conperiod')::boolean, false) as period,
         exists (select from pg_catalog.pg_trigger g where g.tgconstraint = c.oid and g.tgenabled = 'D') as triggers_off,
         (select json_agg(a.attname order by k.n)::text from unnest(c.conkey) with ordinality k(attnum, n)
            join pg_catalog.pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.attnum) as child_columns,
         (select json_agg(a.attname order by k.n)::text from unnest(c.confkey) with ordinality k(attnum, n)
            join pg_catalog.pg_attribute a on a.attrelid = c.confrelid and a.attnum = k.attnum) as parent_columns,
         (select json_agg(format('OPERATOR(%I.%s)', n.nspname, o.oprname) order by k.n)::text
            from unnest(c.conpfeqop) with ordinality k(op, n)
            join pg_catalog.pg_operator o on o.oid = k.op
            join pg_catalog.pg_namespace n on n.oid = o.oprnamespace) as operators
    from pg_catalog.pg_constraint c
    join pg_catalog.pg_class ct on ct.oid = c.conrelid
    join pg_catalog.pg_namespace cn on cn.oid = ct.relnamespace
    join pg_catalog.pg_class pt on pt.oid = c.confrelid
    join pg_catalog.pg_namespace pn on pn.oid = pt.relnamespace
   where c.contype = 'f' and c.conparentid = 0
   order by 1, 2, c.conname`;

/** Columns that tell a row from every other: those of the primary key, and an expression for each. */
export async function postgresIdentity(
  database: Database,
  path: readonly string[],
): Promise<readonly string[]> {
  const rows = await database.query(
    `select a.attname as name from pg_catalog.pg_index i
       join unnest(i.indkey) with ordinality k(attnum, n) on true
       join pg_catalog.pg_attribute a on a.attrelid = i.indrelid and a.attnum = k.attnum
      where i.indisprimary and k.n <= i.indnkeyatts and i.indrelid = to_regclass($1) order by k.n`,
    [path.map(quoteName).join('.')],
  );
  return rows.map((row): Cell => row['name'] ?? null).map(String);
}
