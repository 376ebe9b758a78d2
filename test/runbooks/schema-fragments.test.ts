import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, test } from 'vitest';
import type { Policy } from '../../src/drill/policy.ts';
import { eventsOf } from '../../src/report/story.ts';
import { walkback } from '../tools/cli.ts';
import { expectEnd, openStage, runThrough, shipped, stepsOf, type Stage } from './stage.ts';

/* The fragments that take a schema back by a folder of scripts and by any tool, in sessions. Sqitch is in test/debian. */

const names = ['001_a', '002_b', '003_c', '004_d'] as const;

/** A folder beside the stage's own, with the fragments in it. */
function openFolder({ folder }: Stage): (name: string) => string {
  const books = path.join(folder, 'books');
  const at = (name: string): string => path.join(books, name);
  mkdirSync(at('migrations'), { recursive: true });
  cpSync(shipped('steps'), at('steps'), { recursive: true });
  return at;
}

const book = (use: string): string => `walkback: 1
id: back
title: Take the schema back
service: shop
objective: 10m
phases:
  - id: main
    title: Main
    steps:
      - { id: first, decide: Back?, options: [{ id: yes, title: Back, reversible: minutes }, { id: no, title: No, end: not_needed }], recommend: "'yes'" }
      - id: down
        use: ${use}
        override: { revert.on: { fail: half_way } }
      - { id: done, end: rolled_back }
  - id: half
    title: Half way
    off_path: true
    steps:
      - id: half_way
        decide: 'It stopped at \${{ probes.down_version_now }}.'
        show: [down_version_now]
        options: [{ id: again, title: Take the rest back, goto: down, reversible: no }]
        recommend: "'again'"
`;

test(
  'a folder of scripts on SQLite: the second of three reverts is broken, the state is named, and mended it ends at the target',
  { timeout: 120_000 },
  async () => {
    const stage = openStage();
    const at = openFolder(stage);
    const down = (name: string, sql: string): void => writeFileSync(at(`migrations/${name}.down.sql`), sql);
    const shop = new Sqlite(at('shop.db'));
    shop.exec('create table schema_migrations (version bigint primary key)');
    names.forEach((name, index) => {
      const table = name.slice(4);
      shop.exec(`create table ${table} (id int); insert into schema_migrations values (${index + 1})`);
      down(name, `drop table ${table};`);
      writeFileSync(at(`migrations/${name}.verify.sql`), `select id from ${table} limit 0;`);
    });
    down('003_c', 'drop table c; drop table nowhere;');
    writeFileSync(
      at('book.yaml'),
      book(
        "steps/schema_down_sqldir.yaml\n        with: { database: 'sqlite:shop.db', folder: migrations, to: '1', version: 001_a }",
      ),
    );
    const mending: Policy = (situation) => {
      if (situation.at === 'step' && situation.step.place.step === 'half_way') down('003_c', 'drop table c;');
      return null;
    };

    const run = await runThrough(stage, { file: at('book.yaml'), policy: mending });

    expectEnd(stage, run, 'rolled_back');
    const asked = eventsOf(run.facts, 'question.posed').filter(({ fact }) => fact.place.step === 'half_way');
    expect(asked.flatMap(({ fact }) => fact.facts.map(({ value }) => value))).toEqual(['"003_c"']);
    expect(stepsOf(run).filter((step) => step === 'down_plan')).toHaveLength(2);
    const left = 'select name from sqlite_schema where length(name) = 1 order by 1';
    expect(shop.prepare(left).pluck().all()).toEqual(['a']);
    expect(shop.prepare('select max(version) from schema_migrations').pluck().get()).toBe(1);

    // what this drill took back is known by its script: one that is edited since was never drilled
    for (const [index, name] of names.slice(1).entries())
      shop.exec(
        `create table ${name.slice(4)} (id int); insert into schema_migrations values (${index + 2})`,
      );
    shop.close();
    down('002_b', 'drop table if exists b;');
    const env = { WALKBACK_LEDGER: stage.around.ledgerPath, DATABASE_URL: `sqlite:${at('shop.db')}` };
    const said = await walkback(
      env, 'schema', 'plan', '--adapter', 'sqldir', '--dir', at('migrations'), '--to', '1',
    ); // prettier-ignore
    const lines = said.out.split('\n').filter((line) => /^\d\. /.test(line));
    const today = run.view.session.startedAt.slice(0, 10);
    expect(
      lines.map((line) => /^\d\. (\w+) .*(last drilled [\d-]+|never drilled here)/.exec(line)?.slice(1)),
    ).toEqual([
      ['004_d', `last drilled ${today}`],
      ['003_c', `last drilled ${today}`],
      ['002_b', 'never drilled here'],
    ]);
    await stage.clear();
  },
);

test(
  'any tool: it is called until its version is the target; one that takes nothing back is no way down',
  { timeout: 120_000 },
  async () => {
    const stage = openStage();
    const at = openFolder(stage);
    writeFileSync(at('v'), '4\n');
    writeFileSync(at('stuck'), '');
    const tool = '[ "$1" = version ] && exec cat v\n[ -e stuck ] || echo $(($(cat v) - 1)) > v\n';
    writeFileSync(at('migrate'), `#!/bin/sh\n${tool}`, { mode: 0o755 });
    const given = {
      database: '',
      folder: '.',
      state: '["./migrate","version"]',
      down: '["./migrate","down"]',
      version: '2',
    };
    writeFileSync(
      at('book.yaml'),
      book(`steps/schema_down_generic.yaml\n        with: ${JSON.stringify(given)}`),
    );
    const freeing: Policy = (situation) => {
      if (situation.at === 'step' && situation.step.place.step === 'half_way')
        rmSync(at('stuck'), { force: true });
      return null;
    };

    const run = await runThrough(stage, { file: at('book.yaml'), policy: freeing });

    expectEnd(stage, run, 'rolled_back');
    const ended = eventsOf(run.facts, 'command.ended').filter(
      ({ fact }) => fact.place.step === 'down_revert',
    );
    expect(ended.map(({ fact }) => fact.exitCode)).toEqual([3, 0]);
    expect(ended[0]?.fact.tail).toMatch(/not_reverted: the schema is at 4 /);
    expect(readFileSync(at('v'), 'utf8')).toBe('2\n');
    await stage.clear();
  },
);
