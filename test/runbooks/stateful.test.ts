import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadRunbook } from '../../src/runbook/load.ts';
import { runbookFiles } from '../../src/actions/runbook-files.ts';
import { eventsOf } from '../../src/report/story.ts';
import { expectEnd, openStage, repository, runThrough, stepsOf, type Run, type Stage } from './stage.ts';

const slow = { timeout: 60_000 };

let stage: Stage;
let folder: string;
beforeEach(() => {
  stage = openStage();
  folder = path.join(stage.folder, 'shop');
  mkdirSync(folder);
});
afterEach(() => stage.clear(), 60_000);

const at = (name: string): string => path.join(folder, name);

/** A queue with messages of these formats. */
function queueOf(...formats: readonly number[]): void {
  const queue = new Database(at('queue.db'));
  queue.exec(
    'create table messages (id integer primary key, format integer not null, body text not null) strict',
  );
  for (const format of formats)
    queue.prepare('insert into messages (format, body) values (?, ?)').run(format, 'order');
  queue.close();
}

function storeOf(version: number): void {
  const store = new Database(at('store.db'));
  store.pragma(`user_version = ${version}`);
  store.exec('create table carts (id integer primary key)');
  store.close();
}

/** Works the messages off that only the new release can read, as its own worker does. */
const drain = `import { createRequire } from 'node:module';
const Database = createRequire(${JSON.stringify(path.join(repository, 'package.json'))})('better-sqlite3');
const queue = new Database(process.argv[2]);
console.log('worked off ' + queue.prepare('delete from messages where format = 2').run().changes);
queue.close();
`;

const book = (): string => `walkback: 1
id: back
title: Back to the old release
service: shop
objective: 10m
maturity: production
connections: { queue: { sqlite: '${at('queue.db')}' }, store: { sqlite: '${at('store.db')}' } }
stateful:
  - id: queue
    format: { sql: queue, query: select distinct format from messages }
    target_reads: [1]
    else: drain
    guards: [start_old]
  - id: store
    format: { sql: store, query: select user_version from pragma_user_version }
    target_reads: [3, 4]
    else: restore
    guards: [start_old]
phases:
  - id: main
    title: Main
    steps:
      - { id: go_back, decide: Go back?, options: [{ id: go, title: Go back }, { id: no, title: Stay, end: not_needed }], recommend: "'go'" }
      - id: start_old
        title: Start the old release
        run: [touch, '${at('started')}']
        undo: { run: [rm, '${at('started')}'] }
        on: { fail: work_off, unknown: { end: not_possible } }
      - { id: done, end: rolled_back }
  - id: drain
    title: Drain
    off_path: true
    steps:
      - id: work_off
        title: Let the new release work its messages off
        run: ['${process.execPath}', '${at('drain.mjs')}', '${at('queue.db')}']
        idempotent: true
        before: { run: [test, -e, '${at('queue.db')}'] }
        ponr: { lost: the messages of format 2, confirm: name }
        verify: { sql: queue, query: select count(*) from messages where format = 2, expect: { equals: 0 } }
      - { id: empty, title: None is left, check: { sql: queue, query: select count(*) from messages where format = 2, expect: { equals: 0 } } }
      - id: again
        decide: Start the old release now?
        options: [{ id: start, title: Start it, goto: start_old }, { id: stay, title: Stay, end: not_possible }]
        recommend: "probes.store == 4 ? 'start' : 'stay'"
probes: { store: { sql: store, query: select user_version from pragma_user_version } }
`;

function run(): Promise<Run> {
  writeFileSync(at('drain.mjs'), drain);
  writeFileSync(at('book.yaml'), book());
  return runThrough(stage, { file: at('book.yaml'), mode: 'LIVE' });
}

const refusals = ({ facts }: Run): readonly (readonly [string, string])[] =>
  eventsOf(facts, 'guard.read')
    .filter(({ fact }) => fact.place.step === 'start_old' && fact.result !== 'pass')
    .flatMap(({ fact }) => fact.readings.filter(({ result }) => result !== 'pass'))
    .map(({ subject, detail }) => [subject, detail] as const);

test(
  'R4.4: a queue with messages of format 2 stops the old release, which starts once they are drained',
  slow,
  async () => {
    queueOf(1, 2, 2);
    storeOf(4);

    const ran = await run();

    expect(refusals(ran)).toEqual([['queue, else drain', 'format 2 is stored, and only 1 can be read']]);
    expect(stepsOf(ran)).toEqual([
    'go_back', 'start_old', 'work_off', 'empty', 'again', 'start_old']); // prettier-ignore
    expectEnd(stage, ran, 'rolled_back');
    expect(existsSync(at('started'))).toBe(true);
  },
);

test(
  'R4.4: a PRAGMA user_version above the allowed value blocks the step that starts the old release',
  slow,
  async () => {
    queueOf();
    storeOf(5);

    const ran = await run();

    expect(refusals(ran)).toEqual([
      ['store, else restore', 'format 5 is stored, and only 3 or 4 can be read'],
    ]);
    expectEnd(stage, ran, 'not_possible');
    expect(existsSync(at('started'))).toBe(false);
  },
);

test('R4.4: a store that cannot be read is unknown, and blocks as well', slow, async () => {
  queueOf(1);

  const ran = await run();

  expect(refusals(ran)[0]?.[0]).toBe('store, else restore');
  expectEnd(stage, ran, 'not_possible');
  expect(existsSync(at('started'))).toBe(false);
});

test('R4.4: lint names the release that wrote a format one release too early', () => {
  const text = book().replace(
    '    guards: [start_old]\n  - id: store',
    `    guards: [start_old]
    releases:
      - { version: 1.8.0, reads: [1], writes: 1 }
      - { version: 1.9.3, reads: [1], writes: 1 }
      - { version: 2.0.0, reads: [1, 2], writes: 2 }
      - { version: 2.1.0, reads: [1, 2, 3], writes: 2 }
      - { version: 2.2.0, reads: [2, 3], writes: 3 }
  - id: store`,
  );
  writeFileSync(at('book.yaml'), text);

  const loaded = loadRunbook('book.yaml', runbookFiles(folder));

  expect(loaded.ok && loaded.warnings.map(({ code, message }) => [code, message])).toEqual([
    ['WB872', '2.0.0 writes format 2 of `queue`, which 1.9.3 cannot read.'],
  ]);
});
