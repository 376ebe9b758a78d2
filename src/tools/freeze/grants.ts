import { quoteName } from '../database.ts';
import type { Database } from '../database/model.ts';

/** What was granted on one thing, exactly: entries in the order in which the server keeps them. */
export interface GrantsOf {
  /** Tables and the like before their columns: to revoke on a table takes the grants on its columns along. */
  readonly kind: 'table' | 'sequence' | 'column' | 'schema' | 'default_tables' | 'default_sequences';
  /** What follows ON in a GRANT, or the beginning of ALTER DEFAULT PRIVILEGES. */
  readonly on: string;
  /** For a column: its name, quoted. */
  readonly column: string | null;
  readonly owner: string;
  /** The server's own text of it: `{shop=arwdDxtm/shop,app=arw/shop}`. */
  readonly acl: string;
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly grantor: string;
  /** Empty for PUBLIC. */
  readonly grantee: string;
  readonly rights: readonly { readonly right: string; readonly grantable: boolean }[];
}

/** The rights by which data, or what holds it, is changed. */
export const writing: Readonly<Record<GrantsOf['kind'], readonly string[]>> = {
  table: ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'],
  sequence: ['USAGE', 'UPDATE'],
  column: ['INSERT', 'UPDATE'],
  schema: ['CREATE'],
  default_tables: ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE'],
  default_sequences: ['USAGE', 'UPDATE'],
};

/** Schemas of the application: not the server's, not ours. */
export const ofTheApplication = (schema: string): string =>
  `${schema} !~ '^pg_' and ${schema} not in ('information_schema', 'walkback')`;

const named = (oid: string): string => `coalesce((select rolname from pg_roles where oid = ${oid}), '')`;
const entries = (acl: string): string => `
  (select coalesce(json_agg(json_build_object('grantor', ${named('x.grantor')}, 'grantee', ${named('x.grantee')},
            'right', x.privilege_type, 'grantable', x.is_grantable) order by x.n), '[]')::text
     from aclexplode(${acl}) with ordinality x(grantor, grantee, privilege_type, is_grantable, n)) as entries`;

const sources: readonly string[] = [
  `select case c.relkind when 'S' then 'sequence' else 'table' end as kind,
          format('%s %I.%I', case c.relkind when 'S' then 'SEQUENCE' else 'TABLE' end, n.nspname, c.relname) as "on",
          null as col, ${named('c.relowner')} as owner, c.relacl::text as acl, ${entries('c.relacl')}
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and c.relacl is not null and ${ofTheApplication('n.nspname')}`,
  `select 'column', format('TABLE %I.%I', n.nspname, c.relname), quote_ident(a.attname), ${named('c.relowner')},
          a.attacl::text, ${entries('a.attacl')}
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
    where a.attacl is not null and not a.attisdropped and ${ofTheApplication('n.nspname')}`,
  `select 'schema', format('SCHEMA %I', n.nspname), null, ${named('n.nspowner')}, n.nspacl::text, ${entries('n.nspacl')}
     from pg_namespace n where n.nspacl is not null and ${ofTheApplication('n.nspname')}`,
  `select case d.defaclobjtype when 'S' then 'default_sequences' else 'default_tables' end,
          format('ALTER DEFAULT PRIVILEGES FOR ROLE %I', pg_get_userbyid(d.defaclrole))
            || coalesce((select format(' IN SCHEMA %I', nspname) from pg_namespace where oid = d.defaclnamespace), ''),
          null, ${named('d.defaclrole')}, d.defaclacl::text, ${entries('d.defaclacl')}
     from pg_default_acl d where d.defaclobjtype in ('r', 'S')`,
];

/** Everything that is granted on tables, sequences, columns, schemas and by default, as it is now. */
export async function readGrants(database: Database): Promise<readonly GrantsOf[]> {
  const found: GrantsOf[] = [];
  for (const source of sources) {
    const rows = await database.query(
      `select * from (${source}) s(kind, "on", col, owner, acl, entries) order by 2, 3`,
    );
    for (const row of rows)
      found.push({
        kind: row['kind'] as GrantsOf['kind'],
        on: String(row['on']),
        column: row['col'] === null ? null : String(row['col']),
        owner: String(row['owner']),
        acl: String(row['acl']),
        entries: grouped(JSON.parse(String(row['entries'])) as readonly Granted[]),
      });
  }
  return found;
}

interface Granted {
  readonly grantor: string;
  readonly grantee: string;
  readonly right: string;
  readonly grantable: boolean;
}

function grouped(rights: readonly Granted[]): readonly Entry[] {
  const list: { grantor: string; grantee: string; rights: { right: string; grantable: boolean }[] }[] = [];
  for (const { grantor, grantee, right, grantable } of rights) {
    const last = list.at(-1);
    if (last?.grantor === grantor && last.grantee === grantee) last.rights.push({ right, grantable });
    else list.push({ grantor, grantee, rights: [{ right, grantable }] });
  }
  return list;
}

/** The same thing, then and now. */
export const keyOf = ({ kind, on, column }: GrantsOf): string => `${kind} ${on} ${column ?? ''}`;

/** Takes rights away from one grantee; `null` means all of them. */
export const revoke = (
  grants: GrantsOf,
  { grantor, grantee }: Entry,
  rights: readonly string[] | null,
): readonly string[] =>
  asGrantor(grants, grantor, statement(grants, 'REVOKE', rights ?? ['ALL'], 'FROM', grantee));

/** Grants what an entry says, each right with its option. */
export function grant(grants: GrantsOf, { grantor, grantee, rights }: Entry): readonly string[] {
  const plain = rights.filter(({ grantable }) => !grantable).map(({ right }) => right);
  const optional = rights.filter(({ grantable }) => grantable).map(({ right }) => right);
  const made = [
    ...(plain.length === 0 ? [] : [statement(grants, 'GRANT', plain, 'TO', grantee)]),
    ...(optional.length === 0
      ? []
      : [`${statement(grants, 'GRANT', optional, 'TO', grantee)} WITH GRANT OPTION`]),
  ];
  return made.flatMap((one) => asGrantor(grants, grantor, one));
}

function statement(
  { kind, on, column }: GrantsOf,
  verb: 'GRANT' | 'REVOKE',
  rights: readonly string[],
  word: 'TO' | 'FROM',
  grantee: string,
): string {
  const who = grantee === '' ? 'PUBLIC' : quoteName(grantee);
  const what = rights.map((right) => (column === null ? right : `${right} (${column})`)).join(', ');
  if (kind === 'default_tables') return `${on} ${verb} ${what} ON TABLES ${word} ${who}`;
  if (kind === 'default_sequences') return `${on} ${verb} ${what} ON SEQUENCES ${word} ${who}`;
  return `${verb} ${what} ON ${on} ${word} ${who}`;
}

/** What somebody else granted by a grant option, only that role can take away and give again. */
const asGrantor = ({ owner, kind }: GrantsOf, grantor: string, sql: string): readonly string[] =>
  grantor === owner || kind.startsWith('default_')
    ? [sql]
    : [`SET LOCAL ROLE ${quoteName(grantor)}`, sql, 'RESET ROLE'];
