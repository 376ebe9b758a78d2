import type { Database } from '../database/model.ts';
import { ofTheApplication } from './grants.ts';

/** Why grants cannot keep a role from writing. */
export interface WalksThrough {
  readonly code: 'no_such_role' | 'superuser' | 'owner' | 'write_all_data' | 'ourselves';
  readonly text: string;
}

/** Roles that pass through every grant: then a freeze by grants would only look like one. */
export async function walkThrough(
  database: Database,
  roles: readonly string[],
): Promise<readonly WalksThrough[]> {
  const found: WalksThrough[] = [];
  for (const role of roles) {
    const [known] = await database.query(
      `select rolname = current_user as ourselves,
              (select string_agg(m.rolname, ', ') from pg_roles m where m.rolsuper and pg_has_role(r.oid, m.oid, 'MEMBER')) as super,
              pg_has_role(r.oid, 'pg_write_all_data', 'MEMBER') as everything,
              (select string_agg(distinct c.oid::regclass::text, ', ') from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where c.relkind in ('r', 'p', 'S', 'f') and ${ofTheApplication('n.nspname')}
                  and pg_has_role(r.oid, c.relowner, 'MEMBER')) as owned
         from pg_roles r where rolname = $1`,
      [role],
    );
    const add = (code: WalksThrough['code'], text: string) => found.push({ code, text });
    if (known === undefined) add('no_such_role', `There is no role ${role}.`);
    // a superuser is a member of every role: its other rights say nothing more
    else if (known['super'] !== null)
      add('superuser', `${role} is a superuser, or may become one (${String(known['super'])}).`);
    else if (known['ourselves'] === true) add('ourselves', `${role} is the role that this command works as.`);
    else {
      if (known['owned'] !== null)
        add('owner', `${role} owns ${String(known['owned'])}, or may become their owner.`);
      if (known['everything'] === true) add('write_all_data', `${role} is a member of pg_write_all_data.`);
    }
  }
  return found;
}

/** Everything by which these roles could still write: nothing where they are frozen. */
export async function rightsLeft(database: Database, roles: readonly string[]): Promise<readonly string[]> {
  const rows = await database.query(
    `with r as (select oid, rolname from pg_roles where rolname in (select json_array_elements_text($1::json)))
     select format('%s on %s', r.rolname, c.oid::regclass) as what from r, pg_class c join pg_namespace n on n.oid = c.relnamespace
      where ${ofTheApplication('n.nspname')}
        and case when c.relkind = 'S' then has_sequence_privilege(r.oid, c.oid, 'USAGE, UPDATE')
                 when c.relkind in ('r', 'p', 'v', 'm', 'f') then has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                      or has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE')
                 else false end
     union all
     select format('%s may create in %s', r.rolname, n.nspname) from r, pg_namespace n
      where ${ofTheApplication('n.nspname')} and has_schema_privilege(r.oid, n.oid, 'CREATE')
      order by 1`,
    [JSON.stringify(roles)],
  );
  return rows.map((row) => String(row['what']));
}

/** Other roles that can log in and write: they are not frozen, and somebody should know. */
export async function othersWhoWrite(
  database: Database,
  roles: readonly string[],
): Promise<readonly string[]> {
  const rows = await database.query(
    `select r.rolname as name from pg_roles r
      where r.rolcanlogin and not r.rolsuper and r.rolname <> current_user
        and r.rolname not in (select json_array_elements_text($1::json))
        and exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
                     where c.relkind in ('r', 'p', 'f') and ${ofTheApplication('n.nspname')}
                       and (has_table_privilege(r.oid, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                            or has_any_column_privilege(r.oid, c.oid, 'INSERT, UPDATE')))
      order by 1`,
    [JSON.stringify(roles)],
  );
  return rows.map((row) => String(row['name']));
}
