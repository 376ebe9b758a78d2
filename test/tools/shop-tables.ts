import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { openDatabase } from '../../src/tools/database.ts';
import type { Database, DatabasePlace } from '../../src/tools/database/model.ts';
import type { Times } from '../../src/tools/times.ts';

/** A folder of its own for one test. */
export function toolFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'walkback-tool-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A clock that a test holds in its hand. */
export function timesAt(iso: string): Times & { set(iso: string): void } {
  let now = Date.parse(iso);
  return {
    now: () => now,
    isoOf: (ms) => new Date(ms).toISOString(),
    epochMsOf: (text) => Date.parse(text),
    set: (next) => {
      now = Date.parse(next);
    },
  };
}

/**
 * A shop after its failed release: of 100 orders the newest 37 carry a status that the old release does not know, and
 * values that are easily lost on the way: bytes, decimals, large numbers, texts with quotes, nothing at all.
 */
const columns = {
  sqlite: `create table orders (id integer primary key, status text not null, coupon text, amount numeric, blob blob,
    big integer, note text, placed_at text not null, doubled integer generated always as (id * 2) virtual)`,
  postgres: `create table orders (id int primary key, status text not null, coupon text, amount numeric(12,4), blob bytea,
    big bigint, note text, placed_at timestamptz not null, doubled int generated always as (id * 2) stored)`,
} as const;

export async function fillShop(database: Database): Promise<void> {
  await database.script(columns[database.dialect]);
  await database.transaction(() => insertOrders(database));
}

async function insertOrders(database: Database): Promise<void> {
  const bytes = database.dialect === 'sqlite' ? "x'00ff27'" : String.raw`'\x00ff27'`;
  for (let id = 1; id <= 100; id += 1) {
    const isNew = id > 63;
    await database.change(
      `insert into orders (id, status, coupon, amount, blob, big, note, placed_at)
       values ($1, $2, $3, ${String(id)}.5000, ${id % 3 === 0 ? 'null' : bytes}, 9007199254740993, $4, $5)`,
      [
        id,
        isNew ? 'partially_refunded' : 'paid',
        isNew && id % 5 === 0 ? 'SUMMER' : null,
        id % 2 === 0 ? null : `it's "no. ${String(id)}"`,
        isNew ? '2026-03-01T12:00:00Z' : '2026-03-01T09:00:00Z',
      ],
    );
  }
}

/** Opens a new SQLite file with the shop in it. */
export async function sqliteShop(folder: string): Promise<DatabasePlace & { readonly kind: 'sqlite' }> {
  const place = { kind: 'sqlite', file: join(folder, 'shop.db') } as const;
  writeFileSync(place.file, '');
  const database = await openDatabase(place);
  await fillShop(database);
  await database.close();
  return place;
}

/** Every order, as text that differs where a byte does. */
export async function ordersIn(database: Database): Promise<readonly string[]> {
  const rows = await database.query('select * from orders order by id');
  return rows.map((row) =>
    JSON.stringify(row, (_key, value: unknown) => (typeof value === 'bigint' ? `${String(value)}n` : value)),
  );
}
