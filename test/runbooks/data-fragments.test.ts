import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { withDatabase } from '../../src/tools/database.ts';
import type { Database } from '../../src/tools/database/model.ts';
import { eventsOf } from '../../src/report/story.ts';
import { openPostgres, type TestPostgres } from '../fixtures/postgres/open-postgres.ts';
import { fillShop, ordersIn } from '../tools/shop-tables.ts';
import {
  abortingAt,
  expectEnd,
  openStage,
  runThrough,
  shipped,
  stepsOf,
  type Run,
  type Stage,
} from './stage.ts';

/*
 * The fragments that count, keep and convert what the failed release wrote, those that look at references, and the one
 * that keeps a standby: in one session each, by the built commands, on a real PostgreSQL or a file of SQLite.
 */

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await openPostgres();
}, 120_000);
afterAll(() => postgres.stop());

/** A database with the shop after its failed release, and how a runbook names it. */
interface Shop {
  readonly named: string;
  readonly env: Readonly<Record<string, string>>;
  readonly on: <T>(work: (database: Database) => Promise<T>) => Promise<T>;
}

const shops = {
  PostgreSQL: async (): Promise<Shop> => {
    await postgres.run('drop schema public cascade; create schema public');
    const url = new URL(postgres.url);
    const { password } = url;
    url.password = '';
    const place = { kind: 'postgres', env: { DATABASE_URL: postgres.url } } as const;
    return {
      named: url.href,
      env: { PGPASSWORD: password },
      on: (work) => withDatabase(place, {}, work),
    };
  },
  SQLite: async ({ folder }: Stage): Promise<Shop> => {
    const file = path.join(folder, 'shop.db');
    writeFileSync(file, '');
    return {
      named: `sqlite:${file}`,
      env: {},
      on: (work) => withDatabase({ kind: 'sqlite', file }, {}, work),
    };
  },
} as const;

async function filled(kind: keyof typeof shops, stage: Stage): Promise<Shop> {
  const shop = await shops[kind](stage);
  await shop.on(async (database) => {
    await fillShop(database);
    await database.script(
      `create table audit (id int primary key, what text); insert into audit values (1, 'paid');
       create table lines (id int primary key, order_id int references orders (id)); insert into lines values (1, 7)`,
    );
  });
  return shop;
}

/** How release 1 reads an order: it stops at a status that it does not know. */
const reader = `#!${process.execPath}
const lines = require('node:fs').readFileSync(0, 'utf8').split('\\n').filter((line) => line !== '');
process.exit(lines.every((line) => ['placed', 'paid'].includes(JSON.parse(line).row.status)) ? 0 : 1);
`;

const book = (database: string, ready: string, vault: string) => `walkback: 1
id: readable
title: Make the data readable for the old release
service: shop
objective: 25m
phases:
  - id: data
    title: Data
    steps:
      - { id: first, decide: Back?, options: [{ id: back, title: Back, reversible: minutes }, { id: no, title: No, end: not_needed }], recommend: "'back'" }
      - { id: written, use: steps/written_data.yaml, with: { rules: ./written.yaml, since: '2026-03-01T10:00:00Z', database: '${database}' } }
      - { id: broken, use: steps/integrity_before.yaml, with: { database: '${database}' } }
      - { id: retain, use: steps/retain.yaml, with: { plan: ./retain.yaml, vault: '${vault}', database: '${database}' } }
      - id: convert
        use: steps/transform.yaml
        with:
          plan: ./transform.yaml
          rules: ./written.yaml
          since: '2026-03-01T10:00:00Z'
          expect: '\${{ steps.written_report.outputs.rows }}'
          database: '${database}'
          owner: payments
      - { id: whole, use: steps/integrity.yaml, with: { database: '${database}' } }
      - id: drop_audit
        title: Drop the audit table
        run: [drop-audit]
        ponr: { lost: what is archived, confirm: name }
        before:
          run: [walkback, data, retained, ./retain.yaml, --all, --vault, '${vault}', --session, '\${{ session.id }}']
          env: { DATABASE_URL: '${database}' }
          expect: { exit: 0 }
      - { id: standby, use: steps/standby.yaml, with: { ready: [test, -e, '${ready}'], what: The new release, owner: platform, tear_down: [rm, '${ready}'] } }
      - { id: done, end: rolled_back }
`;

async function walk(
  kind: keyof typeof shops,
  policy?: ReturnType<typeof abortingAt>,
): Promise<{ stage: Stage; run: Run; ready: string; shop: Shop; before: readonly string[] }> {
  const base = openStage();
  const shop = await filled(kind, base);
  const before = await shop.on(ordersIn);
  const [folder, bin] = [path.join(base.folder, 'books'), path.join(base.folder, 'bin')];
  for (const made of [folder, bin]) mkdirSync(made);
  cpSync(shipped('steps'), path.join(folder, 'steps'), { recursive: true });
  const ready = path.join(base.folder, 'standby.up');
  const { PATH } = base.around.env;
  const env = { ...base.around.env, PATH: `${bin}:${PATH ?? ''}`, ...shop.env };
  const stage = { ...base, around: { ...base.around, env } };
  const dropAudit = `#!${process.execPath}\nrequire('node:fs').writeFileSync(${JSON.stringify(path.join(base.folder, 'dropped'))}, '');\n`;
  const files = {
    'book.yaml': book(shop.named, ready, path.join(base.folder, 'vault')),
    'written.yaml': `walkback_written: 1
detectors:
  - { id: new_status, table: orders, sql: "status not in ('placed', 'paid') and placed_at >= :since", class: convertible }
reader: { run: [${path.join(bin, 'old-reader')}], tables: [{ table: orders, where: placed_at >= :since }] }
`,
    'transform.yaml': `walkback_transform: 1
keep: 30d
tables:
  - { table: orders, where: "status not in ('placed', 'paid')", set: { status: "'paid'" } }
`,
    'retain.yaml':
      'walkback_retain: 1\nkeep: [{ id: audit, table: audit, until: 400d, class: compliance }]\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(folder, name), text);
  for (const [name, text] of [
    ['old-reader', reader],
    ['drop-audit', dropAudit],
  ] as const) {
    writeFileSync(path.join(bin, name), text);
    chmodSync(path.join(bin, name), 0o755);
  }
  writeFileSync(ready, '');
  const run = await runThrough(stage, {
    file: path.join(folder, 'book.yaml'),
    ...(policy === undefined ? {} : { policy }),
  });
  return { stage, run, ready, shop, before };
}

test.each(['PostgreSQL', 'SQLite'] as const)(
  '%s: what was written is counted, archived and converted; its originals and the standby are owed to their owners',
  { timeout: 120_000 },
  async (kind) => {
    const { stage, run, ready, shop } = await walk(kind);

    expectEnd(stage, run, 'rolled_back', [
      'The originals of converted rows are kept; drop them after their date',
      'The new release stays up as the standby',
    ]);
    const shown = eventsOf(run.facts, 'step.readied').find(
      ({ fact }) => fact.place.step === 'convert_convert',
    );
    expect(shown?.fact.shown.argv?.join(' ')).toContain('--expect 37 ');
    expect(run.view.obligations.map(({ owner }) => owner)).toEqual(['payments', 'platform']);
    const statuses = 'select distinct status from orders order by 1';
    expect(await shop.on((database) => database.query(statuses))).toEqual([{ status: 'paid' }]);
    expect([existsSync(path.join(stage.folder, 'dropped')), existsSync(ready)]).toEqual([true, true]);
    await stage.clear();
  },
);

test('an abort puts every converted row back, byte for byte', { timeout: 120_000 }, async () => {
  const { stage, run, shop, before } = await walk('PostgreSQL', abortingAt('drop_audit', 'it heals'));

  expect(run.view.outcome).toBe('aborted');
  expect(stepsOf(run)).toContain('convert_originals');
  expect(await shop.on(ordersIn)).toEqual(before);
  expect(existsSync(path.join(stage.folder, 'dropped'))).toBe(false);
  await stage.clear();
});
