import type { Client, ClientConfig } from 'pg';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Cell, Database, DatabaseFailure, DatabaseOptions, DatabasePlace, Row } from './model.ts';
import { shortSql } from './short-sql.ts';

type Place = Extract<DatabasePlace, { kind: 'postgres' }>;

/** Opens one connection, with its limits set for its whole life. */
export async function openPostgres(place: Place, options: DatabaseOptions): Promise<Database> {
  const config = configOf(place);
  const { default: pg } = await import('pg');
  const name = nameOf(config);
  const failed = failureOf(name);
  let client: Client;
  try {
    client = new pg.Client({
      ...config,
      application_name: 'walkback',
      connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
      types: { getTypeParser: parserOf as never },
    });
    client.on('error', () => undefined); // told by the statement that was using the connection
    await client.connect();
    await client.query(settings(options));
  } catch (cause) {
    throw failed(cause, null);
  }

  const send = async (sql: string, values?: readonly Cell[]) => {
    try {
      return values === undefined ? await client.query(sql) : await client.query(sql, values.map(sendable));
    } catch (cause) {
      throw failed(cause, sql);
    }
  };

  return {
    dialect: 'postgres',
    name,
    query: async (sql, values = []) => (await send(sql, values)).rows as readonly Row[],
    change: async (sql, values = []) => (await send(sql, values)).rowCount ?? 0,
    script: async (sql) => void (await send(sql)),
    async transaction(work, { readOnly = false, keep = true } = {}) {
      await send(readOnly ? 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY' : 'BEGIN');
      let result;
      try {
        result = await work();
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined); // what failed first is what counts
        throw error;
      }
      await send(keep ? 'COMMIT' : 'ROLLBACK');
      return result;
    },
    onNotice: (listener) => void client.on('notice', ({ message }) => listener(message ?? '')),
    close: () => client.end().catch(() => undefined),
  };
}

function settings({
  readOnly = false,
  allRows = false,
  lockTimeoutMs = 5000,
  statementTimeoutMs = 0,
}: DatabaseOptions): string {
  const ms = (value: number) => String(Math.max(0, Math.round(value)));
  return [
    `SET lock_timeout = ${ms(lockTimeoutMs)}`,
    `SET statement_timeout = ${ms(statementTimeoutMs)}`,
    // quoting must mean one thing, and values must read the same and whole, whatever server and role have set
    'SET standard_conforming_strings = on',
    "SET datestyle = 'ISO'",
    "SET intervalstyle = 'postgres'",
    "SET bytea_output = 'hex'",
    'SET extra_float_digits = 3',
    ...(allRows ? ['SET row_security = off'] : []),
    ...(readOnly ? ['SET default_transaction_read_only = on'] : []),
  ].join('; ');
}

function configOf({ env, variable }: Place): ClientConfig {
  const url = env[variable ?? 'DATABASE_URL'];
  if (url !== undefined && url !== '') {
    if (!/^postgres(?:ql)?:\/\//.test(url))
      throw new OperatorError(`${variable ?? 'DATABASE_URL'} is no address like postgres://user@host/name.`, [
        'Write it so; a password may stand in it, or in PGPASSWORD or ~/.pgpass.',
      ]);
    return { connectionString: withPassword(url, env['PGPASSWORD']) };
  }
  if (variable !== undefined)
    throw new OperatorError(`${variable} is not set.`, [
      `Put the address of the database there: ${variable}=postgres://user@host/name`,
    ]);
  const { PGHOST: host, PGPORT: port, PGUSER: user, PGPASSWORD: password, PGDATABASE: database } = env;
  if (host === undefined && user === undefined && database === undefined)
    throw new OperatorError(
      'Neither DATABASE_URL nor PGHOST, PGUSER, PGDATABASE say which PostgreSQL is meant.',
      [
        'Set DATABASE_URL=postgres://user@host/name, or the variables that psql reads (PGSERVICE is not read).',
      ],
    );
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
    ...(database === undefined ? {} : { database }),
  };
}

/** A password beside the URL counts only where the URL has none. */
function withPassword(url: string, password: string | undefined): string {
  if (password === undefined || !URL.canParse(url)) return url;
  const whole = new URL(url);
  if (whole.password === '') whole.password = encodeURIComponent(password);
  return whole.href;
}

function nameOf({ connectionString, host, port, database, user }: ClientConfig): string {
  if (connectionString !== undefined && URL.canParse(connectionString)) {
    const { hostname, port, pathname, username, searchParams } = new URL(connectionString);
    const name = decodeURIComponent(pathname.slice(1)) || decodeURIComponent(username);
    // what follows the question mark comes first for the connection, too
    const at = (searchParams.get('host') ?? hostname) || 'localhost';
    return `PostgreSQL ${name} at ${at}:${(searchParams.get('port') ?? port) || '5432'}`;
  }
  return `PostgreSQL ${database ?? user ?? ''} at ${host ?? 'localhost'}:${String(port ?? 5432)}`;
}

const sendable = (value: Cell): unknown => (typeof value === 'bigint' ? String(value) : value);

const failureOf =
  (name: string): DatabaseFailure =>
  (cause, sql) => {
    const { code, message, detail } = cause as { code?: string; message?: string; detail?: string };
    const at = sql === null ? '' : `\n  at: ${shortSql(sql)}`;
    const state = code === undefined ? '' : ` (${code})`;
    const more = detail === undefined ? '' : `\n  ${detail}`;
    const { step, exit } = wayOut(code ?? '', sql === null);
    return new OperatorError(`${name}: ${message ?? String(cause)}${state}${more}${at}`, [step], {
      cause,
      exitCode: exit,
    });
  };

function wayOut(code: string, connecting: boolean) {
  const no = exitCode.failed;
  if (code === '55P03')
    return {
      step: 'Somebody holds a lock: see who in pg_stat_activity and pg_blocking_pids(), then try again.',
      exit: no,
    };
  if (code === '57014')
    return { step: 'It took longer than its limit, or was cancelled. Nothing of it was kept.', exit: no };
  if (code === '42501') return { step: 'Use a role that may do this, and see all rows.', exit: no };
  if (code === '25006') return { step: 'This connection only reads; that is on purpose.', exit: no };
  if (code === '40001' || code === '40P01')
    return { step: 'It met another transaction: try again.', exit: no };
  if (/^(?:28|3D)/.test(code))
    return { step: 'Check the user, its password and the name of the database.', exit: exitCode.unknown };
  if (connecting || /^(?:08|57P)/.test(code) || !/^[0-9A-Z]{5}$/.test(code))
    return {
      step: 'Check that the server is there and that this machine reaches it; then ask again, for what was under way is unknown.',
      exit: exitCode.unknown,
    };
  return { step: 'Check the statement against the schema of this database.', exit: no };
}

const whole = new Set([20, 21, 23, 26]);
const float = new Set([700, 701]);
const boolean = 16;
const bytes = 17;

/** Loses nothing: what JavaScript cannot hold exactly stays the server's text. */
function parserOf(oid: number): (text: string) => Cell {
  if (whole.has(oid)) return wholeNumber;
  if (float.has(oid)) return Number;
  if (oid === boolean) return (text) => text === 't';
  if (oid === bytes) return (text) => Buffer.from(text.replace(/^\\x/, ''), 'hex');
  return (text) => text;
}

function wholeNumber(text: string): number | bigint {
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : BigInt(text);
}
