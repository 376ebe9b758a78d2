import { cpSync, mkdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { frozenBook, lookingWhileFrozen } from './frozen-book.ts';
import { abortingAt, expectEnd, openStage, runThrough, shipped, type Run, type Stage } from './stage.ts';

/*
 * The freezes of a file, of two files as one, and by an application's switch, in whole sessions. The one by grants runs in
 * the runbooks for PostgreSQL, those at a proxy in test/debian/freeze-proxy.test.ts.
 */

interface Place {
  readonly stage: Stage;
  readonly at: (name: string) => string;
  /** Whether a session of the application that was there before the freeze can write. */
  readonly writes: () => readonly string[];
  readonly walk: (use: string, policy?: Policy) => Promise<Run>;
  readonly close: () => Promise<void>;
}

function openPlace(): Place {
  const stage = openStage();
  const folder = path.join(stage.folder, 'books');
  const at = (name: string): string => path.join(folder, name);
  mkdirSync(folder);
  cpSync(shipped('steps'), at('steps'), { recursive: true });
  const files = ['orders', 'cart'].map((name) => ({ name, open: new Sqlite(at(`${name}.db`)) }));
  for (const { open } of files)
    open.exec('create table rows (id integer primary key, text text); insert into rows values (1, null)');
  // an application with a switch: it exits 3 where it refuses
  writeFileSync(at('app'), '#!/bin/sh\n[ "$(cat switch)" = on ] && exit 0\nexit 3\n', { mode: 0o755 });
  writeFileSync(at('switch'), 'on\n');
  utimesSync(at('switch'), 1_700_000_000, 1_700_000_000);
  writeFileSync(
    at('stores.yaml'),
    'walkback_freeze: 1\nstores: [{ id: orders, sqlite: orders.db }, { id: cart, sqlite: cart.db }]\n',
  );
  return {
    stage,
    at,
    writes: () =>
      files.flatMap(({ name, open }) => {
        try {
          open.exec("update rows set text = 'x'");
          return [name];
        } catch {
          return [];
        }
      }),
    walk: (use, policy) => {
      writeFileSync(at('book.yaml'), frozenBook(use));
      return runThrough(stage, { file: at('book.yaml'), ...(policy === undefined ? {} : { policy }) });
    },
    close: async () => {
      for (const { open } of files) open.close();
      await stage.clear();
    },
  };
}

test.each([
  ['one file', 'steps/freeze_sqlite.yaml, with: { file: orders.db }', ['cart']],
  ['two files as one', "steps/freeze_stores.yaml, with: { plan: ./stores.yaml, names: 'orders,cart' }", []],
] as const)(
  '%s: a session that was there before cannot write while it is frozen, and can again after',
  { timeout: 60_000 },
  async (_what, use, left) => {
    const place = openPlace();
    const seen: unknown[] = [];

    const run = await place.walk(
      use,
      lookingWhileFrozen(() => void seen.push(place.writes())),
    );

    expectEnd(place.stage, run, 'rolled_back');
    expect(seen).toEqual([left]);
    expect(run.view.obligations.map(({ title }) => title).join()).toContain('orders');
    expect(place.writes()).toEqual(['orders', 'cart']);
    await place.close();
  },
);

test(
  'an application is frozen by its switch, which is the same file again after an abort',
  { timeout: 60_000 },
  async () => {
    const place = openPlace();
    const before = statSync(place.at('switch'));
    const seen: unknown[] = [];
    const run = await place.walk(
      'steps/freeze_app_flag.yaml, with: { file: switch, existing: [./app], fresh: [./app] }',
      firstOf(
        lookingWhileFrozen(() => void seen.push(readFileSync(place.at('switch'), 'utf8'))),
        abortingAt('looked', 'it heals'),
      ),
    );

    expect(run.view.outcome).toBe('aborted');
    expect(seen).toEqual(['frozen\n']);
    expect(readFileSync(place.at('switch'), 'utf8')).toBe('on\n');
    expect([statSync(place.at('switch')).mtimeMs, statSync(place.at('switch')).mode]).toEqual([
      before.mtimeMs,
      before.mode,
    ]);
    await place.close();
  },
);
