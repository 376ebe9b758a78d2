import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execaSync } from 'execa';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { eventsOf } from '../../src/report/story.ts';
import { openDatabase } from '../../src/tools/database.ts';
import { openPostgres, type TestPostgres } from '../fixtures/postgres/open-postgres.ts';
import { openStage, repository, runThrough, shipped, type Run, type Stage } from '../runbooks/stage.ts';

/*
 * `fresh_dump` and `prove_dump` with a real server, Debian's psql and pg_restore, and a dump that Debian's pg_dump made
 * of a shop with 200 orders. pg_dump itself is older than the server and refuses it, so it is a script here.
 */

const slow = { timeout: 120_000 };
const whole = readFileSync(path.join(repository, 'test', 'fixtures', 'postgres', 'shop.dump'));
let postgres: TestPostgres;
let stage: Stage;
let bin: string;
let dumps: string;

beforeAll(async () => {
  postgres = await openPostgres();
}, 120_000);
afterAll(() => postgres.stop(), 60_000);
beforeEach(async () => {
  await postgres.run('drop database if exists shop_proof with (force)');
  const opened = openStage();
  bin = path.join(opened.folder, 'bin');
  dumps = path.join(opened.folder, 'dumps');
  for (const folder of [bin, dumps]) mkdirSync(folder);
  cpSync(shipped('steps'), path.join(opened.folder, 'books', 'steps'), { recursive: true });
  const env = { ...opened.around.env, PATH: `${bin}:${opened.around.env['PATH'] ?? ''}` };
  stage = { ...opened, around: { ...opened.around, env } };
}, 60_000);
afterEach(() => stage.clear(), 60_000);

const proof = (): string => postgres.url.replace(/postgres$/, 'shop_proof');

function program(name: string, script: string): void {
  writeFileSync(path.join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(path.join(bin, name), 0o755);
}

/** One fragment, by who aborts where it gives no way on. */
function walk(use: string, given: object, back = ''): Promise<Run> {
  const file = path.join(stage.folder, 'books', 'book.yaml');
  writeFileSync(
    file,
    `walkback: 1
id: dumps
title: Dumps
service: shop
objective: 8m
phases:
  - id: main
    title: Main
    steps:
      - { id: first, decide: Go?, options: [{ id: go, title: Go, reversible: minutes }, { id: no, title: No, end: not_needed }], recommend: "'go'" }
      - { id: it, use: steps/${use}.yaml, with: ${JSON.stringify(given)} }
${back}      - { id: done, end: rolled_back }
`,
  );
  return runThrough(stage, { file });
}

const prove = (file: string): Promise<Run> =>
  walk(
    'prove_dump',
    {
      server: postgres.url,
      target: 'shop_proof',
      url: proof(),
      file,
      count: 'select count(*) from orders',
    },
    '      - { id: back, release: [it] }\n',
  );

const take = (): Promise<Run> =>
  walk('fresh_dump', { database: postgres.url, folder: dumps, name: 'before', owner: 'payments' });

const endOf = ({ end, view }: Run) => [end.why, view.outcome];
const statusOf = ({ view }: Run, step: string) =>
  view.phases.flatMap(({ steps }) => steps).find(({ id }) => id === step)?.status;

async function databases(): Promise<readonly unknown[]> {
  const database = await openDatabase({ kind: 'postgres', env: { DATABASE_URL: postgres.url } });
  try {
    return await database.query("select datname from pg_database where datname like 'shop%'");
  } finally {
    await database.close();
  }
}

function dumpFile(name: string, bytes: Uint8Array): string {
  const file = path.join(dumps, name);
  writeFileSync(file, bytes);
  return file;
}

test('a dump is proven by its rows in a database of its own, which is dropped afterwards', slow, async () => {
  const ran = await prove(dumpFile('shop.dump', whole));
  expect(endOf(ran)).toEqual(['closed', 'rolled_back']);
  const counted = eventsOf(ran.facts, 'check.judged').filter(({ fact }) => fact.place.step === 'it_counted');
  expect(counted.flatMap(({ fact }) => fact.readings.map(({ value }) => value))).toEqual(['"200"']);
  expect(await databases()).toEqual([]);
});

test.each([
  ['of no bytes', () => whole.subarray(0, 0), false],
  ['whose end is missing, and whose listing looks whole', () => whole.subarray(0, -600), true],
] as const)(
  'a dump %s is refused by the restore, and leaves no database behind',
  slow,
  async (_what, bytes, listed) => {
    const file = dumpFile('shop.dump', bytes());
    const { exitCode, stdout } = execaSync('pg_restore', ['--list', file], { reject: false });
    expect([exitCode === 0, stdout.includes('TABLE DATA public orders')]).toEqual([listed, listed]);

    const ran = await prove(file);

    expect(endOf(ran)).toEqual(['closed', 'aborted']);
    expect(statusOf(ran, 'it_counted')).not.toBe('done');
    const tried = eventsOf(ran.facts, 'step.intent').map(({ fact }) => fact.place.step);
    expect(tried).toContain('it_restore');
    expect(await databases()).toEqual([]);
  },
);

test('a target that somebody works in is refused, and what is in it stays', slow, async () => {
  await postgres.run('create database shop_proof');
  const other = new pg.Client({ connectionString: proof() });
  await other.connect();
  try {
    await other.query('create table theirs (id int)');
    const ran = await prove(dumpFile('shop.dump', whole));
    expect(endOf(ran)).toEqual(['closed', 'aborted']);
    expect(eventsOf(ran.facts, 'obligation.opened')).toEqual([]);
    expect((await other.query('select count(*)::int as n from theirs')).rows).toEqual([{ n: 0 }]);
  } finally {
    await other.end();
  }
});

const writes = (
  bytes: string,
) => `for one in "$@"; do case "$one" in --file=*) out=\${one#--file=} ;; esac; done
${bytes}`;

test(
  'a dump that is whole gets its name; one that was cut off by a full disk, or is empty, gets none',
  slow,
  async () => {
    const source = path.join(stage.folder, 'source.dump');
    writeFileSync(source, whole);
    program('pg_dump', writes(`cp "${source}" "$out"`));
    expect(endOf(await take())).toEqual(['closed', 'rolled_back']);
    expect(readdirSync(dumps)).toEqual(['before.dump']);
    expect(readFileSync(path.join(dumps, 'before.dump')).equals(whole)).toBe(true);

    execaSync('rm', [path.join(dumps, 'before.dump')]);
    program(
      'pg_dump',
      writes(`head -c 900 "${source}" > "$out"; echo 'No space left on device' >&2; exit 1`),
    );
    expect(endOf(await take())).toEqual(['closed', 'aborted']);
    expect(readdirSync(dumps)).toEqual([]);

    program('pg_dump', writes(': > "$out"'));
    expect(endOf(await take())).toEqual(['closed', 'aborted']);
    expect(readdirSync(dumps)).toEqual([]);
  },
);

test('without room for the whole database no dump is begun', slow, async () => {
  const begun = path.join(stage.folder, 'begun');
  program('pg_dump', `touch "${begun}"; exit 1`);
  program('df', 'printf "Avail\\n4096\\n"');
  expect(endOf(await take())).toEqual(['closed', 'aborted']);
  expect([existsSync(begun), readdirSync(dumps)]).toEqual([false, []]);
});
