import type { Client, Query, QueryArrayConfig } from 'pg';
import type { Json } from '../../runbook/model/values.ts';
import { abortedAnswer, errorCode, errorText, unknown, type Unknown } from './answer.ts';
import { networkFailure } from './fetch-text.ts';
import { tooLarge, tooMany, type RowLimits, type Rows } from './rows.ts';

/**
 * One reading statement, in a transaction that the server keeps read-only and ends by itself in time. The extended
 * protocol takes one statement only, so that none can leave the transaction and write after it.
 */
export async function readPostgres(url: string, query: string, limits: RowLimits): Promise<Rows | Unknown> {
  if (!judgedByServer.test(query)) return unknown('writes', 'It does not begin like a query that reads.');
  if (limits.signal.aborted) return abortedAnswer(limits.signal);
  // Loaded when it is needed: most runbooks have no PostgreSQL.
  const { default: pg } = await import('pg');
  let client: Client;
  try {
    client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: Math.max(1, Math.round(limits.leftMs)),
      application_name: 'walkback',
      types: { getTypeParser: parserOf as never },
    });
  } catch (cause) {
    return unknown('bad_url', errorText(cause));
  }
  // A connection that breaks is told by the query that was using it.
  client.on('error', () => undefined);
  const cut = () => void client.end().catch(() => undefined);
  const aborted = new Promise<Unknown>((resolve) => {
    limits.signal.addEventListener('abort', () => resolve(abortedAnswer(limits.signal)), { once: true });
  });
  let more = false;
  try {
    const answer = await Promise.race([ask(client, new pg.Query(asked(query)), limits), aborted]);
    more = answer.ok && answer.cut !== null;
    return answer;
  } finally {
    // rows that nobody wants are not waited for
    if (more || limits.signal.aborted) destroy(client);
    else cut();
  }
}

const asked = (text: string): QueryArrayConfig =>
  ({ text, rowMode: 'array', queryMode: 'extended' }) as QueryArrayConfig;

/**
 * What reads, and what the server itself refuses in a transaction that only reads: there its word counts, not ours.
 * Everything else is not sent: COPY may start a program, COMMIT ends the transaction. Comments and parentheses may
 * stand before the word that says what a statement does.
 */
const judgedByServer =
  /^(?:\s|\(|--[^\n]*\n|\/\*(?:[^*]|\*(?!\/))*\*\/)*(?:select|with|values|table|show|explain|insert|update|delete|merge)\b/i;

async function ask(client: Client, query: Query<Json[]>, limits: RowLimits): Promise<Rows | Unknown> {
  try {
    await client.connect();
  } catch (cause) {
    const code = errorCode(cause) ?? '';
    if (/^(?:28|3D)/.test(code)) return unknown('denied', errorText(cause));
    return networkFailure(cause);
  }
  try {
    await client.query('BEGIN READ ONLY');
    await client.query(`SET LOCAL statement_timeout = ${Math.max(1, Math.round(limits.leftMs))}`);
    return await rowsOf(client, query, limits);
  } catch (cause) {
    return whyRefused(cause);
  }
}

/** Takes rows as they come, so that a whole table is never in memory; those past the limits are not waited for. */
function rowsOf(client: Client, query: Query<Json[]>, { mostBytes, mostRows }: RowLimits): Promise<Rows> {
  return new Promise((resolve, reject) => {
    const rows: Json[][] = [];
    let columns: readonly string[] = [];
    let bytes = 0;
    const done = (cut: string | null): void => resolve({ ok: true, columns, rows: [...rows], cut });
    query.on('row', (row, result) => {
      columns = result?.fields.map(({ name }) => name) ?? columns;
      bytes += JSON.stringify(row).length;
      if (rows.length >= mostRows) done(tooMany(mostRows));
      else if (bytes > mostBytes) done(tooLarge(mostBytes));
      else rows.push(row);
    });
    query.on('error', reject);
    query.on('end', () => done(null));
    client.query(query);
  });
}

function whyRefused(cause: unknown): Unknown {
  const code = errorCode(cause) ?? '';
  const detail = errorText(cause);
  if (code === '25006') return unknown('writes', detail);
  if (code === '57014') return unknown('timeout', detail);
  if (code === '42501') return unknown('denied', detail);
  if (code === '55P03') return unknown('busy', detail);
  if (/^(?:08|57P)/.test(code) || !/^[0-9A-Z]{5}$/.test(code)) return unknown('connection', detail);
  return unknown('query', detail);
}

/** Ends the connection without waiting for a server that may never answer. */
function destroy(client: Client): void {
  const { connection } = client as unknown as {
    readonly connection?: { readonly stream?: { destroy(): void } };
  };
  connection?.stream?.destroy();
}

const numeric = new Set([20, 21, 23, 26, 700, 701]);
const decimals = 1700;
const boolean = 16;
const jsonTypes = new Set([114, 3802]);

/** Numbers as numbers where they fit exactly, JSON as JSON, all else as the server writes it. */
function parserOf(oid: number): (text: string) => Json {
  if (numeric.has(oid)) return asNumber;
  if (oid === decimals) return decimal;
  if (oid === boolean) return (text) => text === 't';
  if (jsonTypes.has(oid)) return (text) => JSON.parse(text) as Json;
  return (text) => text;
}

function asNumber(text: string): Json {
  const value = Number(text);
  if (!Number.isFinite(value)) return text;
  if (/^-?\d+$/.test(text)) return Number.isSafeInteger(value) ? value : text;
  return value;
}

/** So many significant digits of a decimal are always held exactly. */
const digitsHeld = 15;
/** An amount has no more places; a mean has more than anybody counts, and is a number whatever it loses. */
const placesOfAmount = 6;

/** Two sums that differ by a cent are two values: one that no number holds stays the server's text. */
function decimal(text: string): Json {
  const [whole = '', places = ''] = text.replace(/^-?0*/, '').split('.');
  const significant = places.replace(/0+$/, '');
  const isLost = whole.length + significant.length > digitsHeld && significant.length <= placesOfAmount;
  return isLost && significant !== '' ? text : asNumber(text);
}
