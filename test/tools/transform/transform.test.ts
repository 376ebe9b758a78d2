import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase, withDatabase } from '../../../src/tools/database.ts';
import type { Database, DatabasePlace } from '../../../src/tools/database/model.ts';
import { readTransformPlan } from '../../../src/tools/transform/plan.ts';
import { reverse } from '../../../src/tools/transform/reverse.ts';
import { dropOriginals, transform, type TransformRequest } from '../../../src/tools/transform/transform.ts';
import { openPostgres, type TestPostgres } from '../../fixtures/postgres/open-postgres.ts';
import { fillShop, ordersIn, sqliteShop, timesAt, toolFolder } from '../shop-tables.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await openPostgres();
}, 120_000);
afterAll(() => postgres.stop());

const places = {
  sqlite: sqliteShop,
  postgres: async (): Promise<DatabasePlace> => {
    const place: DatabasePlace = { kind: 'postgres', env: { DATABASE_URL: postgres.url } };
    await postgres.run('drop schema public cascade; create schema public');
    await withDatabase(place, {}, fillShop);
    return place;
  },
} as const;

const planText = `walkback_transform: 1
batch: 10
keep: 30d
mask: [note]
tables:
  - table: orders
    where: status not in ('placed', 'paid')
    set: { status: "'paid'", note: "coalesce(note, '') || ' (was refunded in part)'" }
`;

const times = timesAt('2026-03-01T13:00:00.000Z');

function planIn(folder: string, text = planText) {
  const file = join(folder, 'transform.yaml');
  writeFileSync(file, text);
  return readTransformPlan(file);
}

const request = (folder: string, more: Partial<TransformRequest> = {}): TransformRequest => ({
  file: planIn(folder),
  session: '20260301-0312',
  expected: 37,
  approvedLoss: 0,
  dryRun: false,
  times,
  ...more,
});

const refusedBy = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'it was not refused',
    (error: unknown) => error,
  );

const unreadable = async (database: Database): Promise<number> =>
  Number(
    (await database.query("select count(*) as n from orders where status not in ('placed', 'paid')"))[0]?.[
      'n'
    ],
  );

const originals = async (database: Database): Promise<number> =>
  Number((await database.query('select count(*) as n from walkback_20260301_0312_orders'))[0]?.['n']);

describe.each(['sqlite', 'postgres'] as const)('on %s', (dialect) => {
  async function shop() {
    const folder = toolFolder();
    const place = await places[dialect](folder);
    const database = await openDatabase(place);
    return { folder, place, database, close: () => database.close() };
  }

  test('exactly 37 rows are changed and 37 originals kept; a second run changes none; the way back is byte for byte', async () => {
    const { folder, database, close } = await shop();
    const before = await ordersIn(database);

    const first = await transform(database, request(folder));
    expect(first).toMatchObject({ changed: 37, done: 37, lossy: 0, keepUntil: '2026-03-31T13:00:00.000Z' });
    expect([await unreadable(database), await originals(database)]).toEqual([0, 37]);
    expect((await ordersIn(database)).slice(0, 63)).toEqual(before.slice(0, 63));

    expect(await transform(database, request(folder))).toMatchObject({ changed: 0, done: 37 });
    expect(await originals(database)).toBe(37);

    const back = await reverse(database, {
      file: planIn(folder),
      session: '20260301-0312',
      overwrite: false,
    });
    expect(back).toMatchObject({ restored: 37 });
    expect(await ordersIn(database)).toEqual(before);

    expect(await transform(database, request(folder))).toMatchObject({ changed: 37, done: 37 });
    expect(await unreadable(database)).toBe(0);
    await close();
  });

  test('a dry run shows rows and five differences, and leaves nothing behind', async () => {
    const { folder, database, close } = await shop();
    const before = await ordersIn(database);

    const { tables, changed } = await transform(database, request(folder, { dryRun: true }));

    expect(changed).toBe(37);
    expect(tables[0]?.differences).toHaveLength(5);
    expect(tables[0]?.differences[0]).toEqual({
      key: { id: '64' },
      changes: {
        status: { before: '"partially_refunded"', after: '"paid"' },
        note: { before: '•••', after: '•••' },
      },
    });
    expect(await ordersIn(database)).toEqual(before);
    const left = await database.query(
      dialect === 'sqlite'
        ? "select name from sqlite_schema where name like 'walkback%'"
        : "select relname from pg_class where relname like 'walkback%'",
    );
    expect(left).toEqual([]);
    await close();
  });

  test('where other rows are found than were expected, nothing is changed', async () => {
    const { folder, database, close } = await shop();
    const before = await ordersIn(database);

    const error = await refusedBy(transform(database, request(folder, { expected: 36 })));

    expect(error).toMatchObject({ exitCode: 3 });
    expect(String(error)).toContain('37 rows have to be converted');
    expect(await ordersIn(database)).toEqual(before);
    await close();
  });

  test('where a statement changes other rows than meant, that batch is rolled back and the batches before it stay', async () => {
    const { folder, database, close } = await shop();
    const wrong = planIn(
      folder,
      planText.replace(
        / {4}set:.*\n/,
        `    sql: update orders set status = 'paid' where id in (select id from walkback_batch) or (id = 1 and exists (select 1 from walkback_batch where id = 80))\n`,
      ),
    );

    const error = await refusedBy(transform(database, request(folder, { file: wrong })));

    expect(error).toMatchObject({ exitCode: 3 });
    expect(String(error)).toContain('changed 11 rows where 10 were meant');
    expect([await unreadable(database), await originals(database)]).toEqual([27, 10]);
    await close();
  });

  test('a conversion that leaves rows unreadable is rolled back', async () => {
    const { folder, database, close } = await shop();
    const wrong = planIn(folder, planText.replace(`"'paid'"`, `"'gone'"`));

    const error = await refusedBy(transform(database, request(folder, { file: wrong })));

    expect(String(error)).toContain('10 of 10 rows still match');
    expect(await unreadable(database)).toBe(37);
    await close();
  });

  test('rows that cannot be converted take the declared way, and only as many as their owner agreed to', async () => {
    const { folder, database, close } = await shop();
    const before = await ordersIn(database);
    const file = planIn(
      folder,
      `${planText}    cannot:
      - { when: coupon = 'SUMMER' and id >= 90, rule: quarantine }
      - { when: coupon = 'SUMMER' and id >= 80, rule: default, set: { status: "'placed'" } }
      - { when: id = 64, rule: default, set: { status: "'paid'" } }
`,
    );

    const preview = await transform(database, request(folder, { file, dryRun: true }));
    expect(preview.tables[0]?.now).toMatchObject({ rows: 37, converted: 31, defaulted: 3, quarantined: 3 });
    const refused = await refusedBy(transform(database, request(folder, { file, approvedLoss: 5 })));
    expect(String(refused)).toContain(
      '6 rows cannot be converted and lose data by their rule; 5 are approved. Nothing was changed.',
    );
    expect(await ordersIn(database)).toEqual(before);

    const done = await transform(database, request(folder, { file, approvedLoss: 6 }));
    expect(done).toMatchObject({ done: 37, lossy: 6 });
    expect(await ordersIn(database)).toHaveLength(97);
    await reverse(database, { file, session: '20260301-0312', overwrite: false });
    expect(await ordersIn(database)).toEqual(before);
    await close();
  });

  test('what the old release cannot hold may become nothing, and comes back with the originals', async () => {
    const { folder, database, close } = await shop();
    const before = await ordersIn(database);
    const file = planIn(
      folder,
      `walkback_transform: 1
tables:
  - table: orders
    where: coupon is not null
    set: { coupon: "'SOME'" }
    cannot: [{ when: coupon is not null, rule: null, columns: [coupon] }]
`,
    );

    const done = await transform(database, request(folder, { file, expected: 8, approvedLoss: 8 }));
    expect(done.tables[0]?.now).toMatchObject({ rows: 8, converted: 0, nulled: 8 });
    await reverse(database, { file, session: '20260301-0312', overwrite: false });
    expect(await ordersIn(database)).toEqual(before);
    await close();
  });

  test('a command may convert the rows: it is given them and prints what they become', async () => {
    const { folder, database, close } = await shop();
    const before = await ordersIn(database);
    const program = join(folder, 'convert.mjs');
    writeFileSync(
      program,
      `#!${process.execPath}
import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) {
  const { id } = JSON.parse(line);
  console.log(JSON.stringify({ id, status: 'paid', big: '9007199254740995' }));
}
`,
    );
    chmodSync(program, 0o755);
    const file = planIn(folder, planText.replace(/ {4}set:.*\n/, `    run: [${program}]\n`));

    expect(await transform(database, request(folder, { file }))).toMatchObject({ changed: 37 });
    expect((await database.query('select big from orders where id = 70'))[0]?.['big']).toBe(
      9007199254740995n,
    );
    await reverse(database, { file, session: '20260301-0312', overwrite: false });
    expect(await ordersIn(database)).toEqual(before);
    await close();
  });

  test('a row that somebody changed since is not overwritten unless that is asked for', async () => {
    const { folder, database, close } = await shop();
    const before = await ordersIn(database);
    await transform(database, request(folder));
    await database.change("update orders set note = 'by the old release' where id = 77");
    const again = { file: planIn(folder), session: '20260301-0312' };

    const error = await refusedBy(reverse(database, { ...again, overwrite: false }));
    expect(error).toMatchObject({ exitCode: 3 });
    expect(String(error)).toContain('1 rows were changed since they were converted: 77');
    expect(await unreadable(database)).toBe(0);

    await reverse(database, { ...again, overwrite: true });
    expect(await ordersIn(database)).toEqual(before);
    await close();
  });

  test('another file than the one that it began with is refused, and a row that comes back is named', async () => {
    const { folder, database, close } = await shop();
    const wrong = planIn(
      folder,
      planText.replace(`"'paid'"`, `"case when id < 80 then 'paid' else status end"`),
    );
    await refusedBy(transform(database, request(folder, { file: wrong })));

    expect(String(await refusedBy(transform(database, request(folder))))).toContain('another one than when');
    await database.change("update orders set status = 'new again' where id = 64");
    expect(String(await refusedBy(transform(database, request(folder, { file: wrong }))))).toContain(
      '1 rows that were converted before cannot be read again',
    );
    await close();
  });

  test('originals are dropped only after the date until which they are kept', async () => {
    const { folder, database, close } = await shop();
    await transform(database, request(folder));

    expect(
      String(await refusedBy(dropOriginals(database, planIn(folder), '20260301-0312', times))),
    ).toContain('kept until 2026-03-31T13:00:00.000Z');
    expect(
      await dropOriginals(database, planIn(folder), '20260301-0312', timesAt('2026-04-01T00:00:00Z')),
    ).toBe(37);
    await expect(originals(database)).rejects.toThrow(/walkback_20260301_0312_orders/);
    await close();
  });
});
