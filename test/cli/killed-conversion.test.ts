import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../src/tools/database.ts';
import { ordersIn, sqliteShop } from '../tools/shop-tables.ts';
import { everyProcess, killEverything } from './every-process.ts';
import { runStep, say } from './person.ts';
import { openMachine, type Machine } from './walkback.ts';

let machine: Machine;
beforeEach(async () => {
  machine = await openMachine();
}, 180_000);
afterEach(async () => {
  killEverything(machine); // a command outlives its session
  await machine.remove();
});

const at = (...names: readonly string[]): string => join(machine.folder, ...names);

const book = `walkback: 1
id: killed
title: Convert under a freeze
service: shop
objective: 10m
environments: { staging: {} }
probes:
  kept: { run: [walkback, data, originals, ./transform.yaml, --sqlite, shop.db, --session, '\${{ session.id }}'], timeout: 15s }
phases:
  - id: main
    title: Main
    steps:
      - { id: freeze, use: steps/freeze_sqlite.yaml, with: { file: shop.db } }
      - id: convert
        title: Convert
        run: [walkback, data, transform, ./transform.yaml, --sqlite, shop.db, --session, '\${{ session.id }}', --expect, '37']
        timeout: 1m
        idempotent: true
        probe_after_crash: kept
        undo: { run: [walkback, data, reverse, ./transform.yaml, --sqlite, shop.db, --session, '\${{ session.id }}'] }
      - { id: thaw, title: Thaw, release: [freeze] }
      - { id: done, end: rolled_back }
`;

/** Converts a batch; the third one waits for as long as there is a file `hold`. */
const convert = `#!${process.execPath}
const fs = require('node:fs');
const rows = fs.readFileSync(0, 'utf8').trim().split('\\n').map((line) => JSON.parse(line));
fs.appendFileSync('batches', rows.map(({ id }) => id).join(' ') + '\\n');
const third = fs.readFileSync('batches', 'utf8').split('\\n').length > 3;
const go = () => {
  for (const { id } of rows) console.log(JSON.stringify({ id, status: 'paid' }));
};
if (third && fs.existsSync('hold')) {
  fs.writeFileSync('held', '');
  setTimeout(go, 60_000);
} else go();
`;

test(
  'a session that is killed with everything in the middle of a batch, in a frozen file: resume names both, and nothing is lost, doubled or left frozen',
  { timeout: 180_000 },
  async () => {
    mkdirSync(at('steps'));
    const fragment = resolve(import.meta.dirname, '../../runbooks/steps/freeze_sqlite.yaml');
    cpSync(fragment, at('steps', 'freeze_sqlite.yaml'));
    await sqliteShop(at());
    machine.file('book.yaml', book);
    machine.file(
      'transform.yaml',
      `walkback_transform: 1
batch: 10
keep: 1d
tables: [{ table: orders, where: "status not in ('placed', 'paid')", run: [./convert] }]
`,
    );
    machine.file('convert', convert);
    chmodSync(at('convert'), 0o755);
    writeFileSync(at('hold'), '');
    const shop = new Sqlite(at('shop.db'));
    const unread = (): unknown =>
      shop.prepare("select count(*) from orders where status = 'partially_refunded'").pluck().get();

    const first = machine.person(['run', 'book.yaml', '--env', 'staging']);
    await runStep(first, 'freeze_stop');
    await say(first, /\(convert, attempt 1\) is ready[^]*you can type: run/, 'run');
    await say(first, /Type yes to run it, anything else to leave it: $/m, 'yes');
    await expect.poll(() => existsSync(at('held')), { timeout: 60_000 }).toBe(true);
    killEverything(machine);
    await expect.poll(() => everyProcess(machine).length, { timeout: 30_000 }).toBe(0);

    // two whole batches, and the file is frozen: both stand in records that outlive the session
    expect(unread()).toBe(17);
    expect(() => shop.exec("update orders set note = 'x'")).toThrow('writes are frozen by walkback');
    expect((await machine.walkback(['obligations'])).stdout).toMatch(
      /freeze_writes .* open .*shop\.db are frozen/,
    );

    rmSync(at('hold'));
    const second = machine.person(['resume']);
    await second.waitFor(/orders: 20 originals/, 60_000); // the state, by the probe
    await say(second, /in doubt[^]*you can type: doubt/, 'doubt run_again the table says two batches');
    await say(second, /\(convert, attempt 2\) is ready[^]*you can type: run/, 'run');
    await say(second, /Type yes to run it, anything else to leave it: $/m, 'yes');
    await runStep(second, 'thaw');
    expect(await second.exited).toBe(0);

    expect(unread()).toBe(0);
    const session = String(
      shop.prepare("select name from sqlite_schema where name like 'walkback%orders'").pluck().get(),
    );
    expect(shop.prepare(`select count(*), count(distinct id) from "${session}"`).raw().get()).toEqual([
      37, 37,
    ]);
    shop.exec("update orders set note = 'x' where id = 1");
    shop.close();
    const database = await openDatabase({ kind: 'sqlite', file: at('shop.db') });
    expect(await ordersIn(database)).toHaveLength(100);
    await database.close();
  },
);
