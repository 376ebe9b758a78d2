import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { withDatabase } from '../../../src/tools/database.ts';
import type { DatabasePlace } from '../../../src/tools/database/model.ts';
import { withSince } from '../../../src/tools/written/rules.ts';
import { openPostgres, type TestPostgres } from '../../fixtures/postgres/open-postgres.ts';
import { walkback } from '../cli.ts';
import { fillShop, sqliteShop, toolFolder } from '../shop-tables.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await openPostgres();
  const place: DatabasePlace = { kind: 'postgres', env: { DATABASE_URL: postgres.url } };
  await withDatabase(place, {}, fillShop);
}, 120_000);
afterAll(() => postgres.stop());

const released = '2026-03-01T10:00:00Z';

/** The way in which release 1 reads orders: it stops at a status that it does not know. */
const oldReader = `#!${process.execPath}
import { createInterface } from 'node:readline';
for await (const line of createInterface({ input: process.stdin })) {
  const { table, row } = JSON.parse(line);
  if (!['placed', 'paid'].includes(row.status)) {
    console.error('unknown status of ' + table + ' ' + row.id);
    process.exitCode = 1;
    break;
  }
}
`;

const newStatus = `  - id: new_status
    table: orders
    sql: status not in ('placed', 'paid') and placed_at >= :since
    class: convertible
    sample: 2
    show: [status]
`;

function program(folder: string, name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, 0o755);
  return file;
}

function rulesIn(folder: string, detectors: string, more = ''): string {
  const file = join(folder, 'written.yaml');
  const reader = program(folder, 'old-read-check.mjs', oldReader);
  writeFileSync(
    file,
    `walkback_written: 1
${more}detectors: ${detectors === '' ? '[]' : `\n${detectors}`}
reader:
  run: [${reader}]
  tables: [{ table: orders, where: placed_at >= :since, sample: 500 }]
`,
  );
  return file;
}

describe.each(['sqlite', 'postgres'] as const)('on %s', (dialect) => {
  async function shop() {
    const folder = toolFolder();
    const flags = dialect === 'sqlite' ? ['--sqlite', (await sqliteShop(folder)).file] : ['--postgres'];
    const env = {
      PATH: process.env['PATH'] ?? '',
      ...(dialect === 'postgres' ? { DATABASE_URL: postgres.url } : {}),
    };
    const written = (file: string, ...more: readonly string[]) =>
      walkback(env, 'data', 'written', file, '--since', released, ...flags, ...more);
    return { folder, written };
  }

  test('37 rows with a new status are counted as 37, with masked samples and the hash of the statement', async () => {
    const { folder, written } = await shop();

    const said = await written(rulesIn(folder, newStatus), '--json');

    expect(said.code).toBe(3);
    expect(said.json()).toMatchObject({
      verdict: 'convertible',
      unknown: false,
      rows: 37,
      convert: { orders: 37 },
      detectors: [{ id: 'new_status', count: 37, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string }],
      reader: { result: 'pass', read: 0, of: 0 },
    });
    const sample = (said.json() as { detectors: { sample: Record<string, string>[] }[] }).detectors[0]
      ?.sample;
    expect(sample).toHaveLength(2);
    expect(sample?.[0]).toMatchObject({
      id: '100',
      status: 'partially_refunded',
      coupon: 'text(6)',
      note: 'null',
    });
    expect(said.out).not.toContain('SUMMER');
    expect((await written(rulesIn(folder, newStatus), '--allow', 'convertible')).code).toBe(0);
  });

  test('without the detector the reader of the old release still finds them', async () => {
    const { folder, written } = await shop();

    const said = await written(rulesIn(folder, ''), '--json');

    expect(said.code).toBe(3);
    expect(said.json()).toMatchObject({
      verdict: 'blocking',
      unknown: false,
      reader: {
        result: 'fail',
        read: 37,
        of: 37,
        detail: expect.stringContaining('unknown status of orders') as string,
      },
    });
  });

  test('a query that does not answer within its limit is unknown, and that blocks', async () => {
    const { folder, written } = await shop();
    const slow =
      dialect === 'postgres'
        ? 'pg_sleep(20) is null'
        : '(with recursive n(i) as (select 1 union all select i + 1 from n where i < 4000000000) select count(*) from n) < 0';

    const said = await written(
      rulesIn(
        folder,
        `  - { id: slow, table: orders, sql: '${slow}', class: convertible }\n`,
        'timeout: 300ms\n',
      ),
      '--json',
      '--allow',
      'lossy',
    );

    expect(said.code).toBe(30);
    expect(said.json()).toMatchObject({
      verdict: 'blocking',
      unknown: true,
      detectors: [{ id: 'slow', count: null, code: 'timeout' }],
    });
  });

  test('a row that two detectors find is one row to convert, and the worst class counts', async () => {
    const { folder, written } = await shop();

    const said = await written(
      rulesIn(
        folder,
        `${newStatus}  - { id: coupons, table: orders, sql: coupon is not null, class: lossy }\n`,
      ),
      '--json',
    );

    expect(said.json()).toMatchObject({
      verdict: 'lossy',
      rows: 37,
      detectors: [{ count: 37 }, { count: 8 }],
    });
  });

  test('a table that is not there is named, and a statement that is wrong is unknown', async () => {
    const { folder, written } = await shop();

    const missing = await written(
      rulesIn(folder, '  - { id: a, table: nowhere, sql: 1 = 1, class: lossy }\n'),
    );
    expect([missing.code, missing.warned]).toEqual([3, expect.stringContaining('has no table nowhere')]);
    const wrong = await written(
      rulesIn(folder, '  - { id: a, table: orders, sql: colour = 1, class: lossy }\n'),
      '--json',
    );
    expect([wrong.code, wrong.json()]).toEqual([30, expect.objectContaining({ verdict: 'blocking' })]);
  });
});

test('messages and files are counted by a command; what prints no count, or fails, is unknown', async () => {
  const folder = toolFolder();
  const file = join(folder, 'written.yaml');
  const queue = program(
    folder,
    'queue.sh',
    '#!/bin/sh\ntest "$SINCE" = 2026-03-01T10:00:00.000Z && echo 12\n',
  );
  const odd = program(folder, 'odd.sh', '#!/bin/sh\necho many\n');
  const rules = (run: string) =>
    writeFileSync(file, `walkback_written: 1\ndetectors: [{ id: queue, run: [${run}], class: blocking }]\n`);
  const env = { PATH: process.env['PATH'] ?? '' };

  rules(queue);
  const counted = await walkback(env, 'data', 'written', file, '--since', released, '--json');
  expect([counted.code, counted.json()]).toEqual([
    3,
    expect.objectContaining({
      verdict: 'blocking',
      unknown: false,
      detectors: [expect.objectContaining({ count: 12 })],
    }),
  ]);
  rules(odd);
  const unsure = await walkback(env, 'data', 'written', file, '--since', released);
  expect([unsure.code, unsure.out]).toEqual([30, expect.stringContaining('printed no count: many')]);
});

test.each([
  [
    "a = :since and b = ':since' -- :since\n and c::text = :sincere",
    "a = '2026' and b = ':since' -- :since\n and c::text = :sincere",
  ],
  ['/* :since */ ":since" > :since', `/* :since */ ":since" > '2026'`],
])('the time is put in the place of :since, and nowhere else: %s', (text, expected) => {
  expect(withSince(text, '2026')).toBe(expected);
});

test('a mistake in the rules is told with its line', async () => {
  const file = join(toolFolder(), 'written.yaml');
  writeFileSync(file, 'walkback_written: 1\ndetectors:\n  - { id: a, class: terrible, table: t, sql: x }\n');

  const said = await walkback({}, 'data', 'written', file, '--since', released);

  expect([said.code, said.warned]).toEqual([2, expect.stringContaining('written.yaml:3:21')]);
});
