import { chmodSync, cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import { openDatabase } from '../../src/tools/database.ts';
import { openPostgres, type TestPostgres } from '../fixtures/postgres/open-postgres.ts';
import { eventsOf } from '../../src/report/story.ts';
import { makeSigners } from '../runbooks/signers.ts';
import { chosen, openStage, runThrough, shipped, stepsOf, type Run, type Stage } from '../runbooks/stage.ts';
import { monitoringOf, quickened, type Monitoring } from './quick-book.ts';

/*
 * The reference runbook against a real PostgreSQL, with Debian's sqitch and psql and the built walkback. `shopctl` is a small
 * script; so are pg_dump and pg_restore, for Debian's are older than the server: they keep the table `orders` alone.
 */

const slow = { timeout: 400_000 };
let postgres: TestPostgres;
let monitoring: Monitoring;
let stage: Stage;
let home: string;
let file: string;
/** What the owner of the data sends from another keyboard. */
let ownerSigns: Policy;
let dbaSigns: Policy;
beforeAll(async () => {
  postgres = await openPostgres();
  await postgres.run("create role keeper login createdb password 'keeper'");
  await postgres.run("create role shop_app login password 'app'");
  monitoring = await monitoringOf(
    shipped('postgres_downgrade.yaml'),
    {},
    { errors: 0.001, latency: 0.2, tried: 500 },
  );
}, 120_000);
afterAll(async () => {
  await monitoring.close();
  await postgres.stop();
});

const at = (name: string, role = 'keeper', password = 'keeper'): string => {
  const { port } = new URL(postgres.url);
  return `postgres://${role}:${password}@127.0.0.1:${port}/${name}`;
};

const scripts: Readonly<Record<string, string>> = {
  shopctl: `case "$1 $2" in
  'whoami '*) echo staging ;;
  'previous-release '*) echo 1.9.3 ;;
  'released-at '*) cat "$S/released" ;;
  'newest-backup '*) echo "$S/backup.dump" ;;
  'backup-age '*) cat "$S/age" ;;
  'census '*) cat "$S/version" ;;
  'deploy '*) echo "$2" > "$S/version" ;;
  'stop '*) echo stopped > "$S/version" ;;
  'ci state' | 'jobs state') cat "$S/$1" ;;
  'ci pause' | 'jobs pause') echo paused > "$S/$1" ;;
  'ci resume' | 'jobs resume') echo running > "$S/$1" ;;
  'ci try') grep -q running "$S/ci" || exit 3 ;;
  'silence '*) echo "$2" > "$S/silences" ;;
  'silence-expire '*) echo none > "$S/silences" ;;
  'silences '*) cat "$S/silences" ;;
  'archive '*) grep -q . "$S/log" ;;
  'smoke '*) [ "$2" = --read-only ] && exit 0
    psql -XAtqc "insert into orders (note) values ('smoke $3')" "$(cat "$HOME/.shop/application-url")" ;;
  'test-orders count') psql -XAtqc "select count(*) from orders where note = 'smoke $3'" "$(cat "$HOME/.shop/owner-url")" ;;
  'test-orders remove') psql -XAtqc "delete from orders where note = 'smoke $3'" "$(cat "$HOME/.shop/owner-url")" ;;
  *) echo "shopctl $*?" >&2; exit 2 ;;
esac`,
  pg_dump: `for one in "$@"; do case "$one" in --file=*) out=\${one#--file=} ;; *) url=$one ;; esac; done
{ echo '1; 0 0 TABLE DATA public orders keeper'; psql -XAtc 'select id from orders' "$url"; } > "$out"`,
  pg_restore: `case "$1" in --list) cat "$2"; exit ;; esac
for one in "$@"; do case "$one" in --dbname=*) url=\${one#--dbname=} ;; *) in=$one ;; esac; done
grep -q ' TABLE DATA ' "$in" || exit 1
psql -Xq --set=ON_ERROR_STOP=1 "$url" -c 'create table orders (id serial primary key, note text); create table payments (id int primary key, order_id int references orders); grant select, insert on orders to shop_app; grant usage on sequence orders_id_seq to shop_app' &&
sed 1d "$in" | psql -Xq --set=ON_ERROR_STOP=1 "$url" -c '\\copy orders (id) from stdin'`,
};

const sqitch = (name: string, kind: 'deploy' | 'revert' | 'verify', sql: string): void =>
  writeFileSync(path.join(home, 'db', kind, `${name}.sql`), sql);

beforeEach(async () => {
  const opened = openStage('eve');
  home = opened.home;
  const bin = path.join(opened.folder, 'bin');
  for (const folder of [bin, 'db/deploy', 'db/revert', 'db/verify', 'checks', 'dumps', '.shop', 'state'].map(
    (name) => path.resolve(home, name),
  ))
    mkdirSync(folder, { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(path.join(bin, name), `#!/bin/sh\nS="$HOME/state"\n${script}\n`);
    chmodSync(path.join(bin, name), 0o755);
  }
  stage = {
    ...opened,
    around: {
      ...opened.around,
      env: { ...opened.around.env, PATH: `${bin}:${opened.around.env['PATH'] ?? ''}`, TZ: 'UTC' },
    },
  };
  const state = {
    age: '3',
    released: new Date(Date.now() - 7_200_000).toISOString(),
    version: '2.0.0',
    ci: 'running',
    jobs: 'running',
    silences: 'none',
    'backup.dump': '1; 0 0 TABLE DATA public orders keeper\n1\n2',
  };
  for (const [name, text] of Object.entries(state))
    writeFileSync(path.join(home, 'state', name), `${text}\n`);
  writeFileSync(path.join(home, '.shop', 'application-url'), at('shop', 'shop_app', 'app'));
  writeFileSync(path.join(home, '.shop', 'owner-url'), at('shop'));

  writeFileSync(
    path.join(home, 'db', 'sqitch.conf'),
    '[core]\n\tengine = pg\n[user]\n\tname = Ada\n\temail = ada@shop.example\n',
  );
  const line = (name: string, day: number) =>
    `${name} 2026-01-0${day}T00:00:00Z Ada <ada@shop.example> # ${name}`;
  writeFileSync(
    path.join(home, 'db', 'sqitch.plan'),
    [
      '%syntax-version=1.0.0',
      '%project=shop',
      '',
      line('orders', 1),
      line('@v1', 1),
      line('coupons', 2),
      line('refunds', 3),
      '',
    ].join('\n'),
  );
  sqitch(
    'orders',
    'deploy',
    'BEGIN; CREATE TABLE orders (id serial PRIMARY KEY, note text); CREATE TABLE payments (id int PRIMARY KEY, order_id int REFERENCES orders); GRANT SELECT, INSERT ON orders TO shop_app; GRANT USAGE ON SEQUENCE orders_id_seq TO shop_app; COMMIT;',
  );
  sqitch('orders', 'revert', 'BEGIN; DROP TABLE payments; DROP TABLE orders; COMMIT;');
  sqitch('orders', 'verify', 'SELECT id, note FROM orders WHERE false;');
  sqitch('coupons', 'deploy', 'BEGIN; ALTER TABLE orders ADD COLUMN coupon text; COMMIT;');
  sqitch('coupons', 'revert', 'BEGIN; ALTER TABLE orders DROP COLUMN coupon; COMMIT;');
  sqitch('coupons', 'verify', 'SELECT coupon FROM orders WHERE false;');
  sqitch('refunds', 'deploy', 'BEGIN; CREATE TABLE refunds (order_id int REFERENCES orders); COMMIT;');
  sqitch('refunds', 'revert', 'BEGIN; DROP TABLE refunds; COMMIT;');
  sqitch('refunds', 'verify', 'SELECT order_id FROM refunds WHERE false;');
  for (const name of ['shop', 'shop_before', 'shop_proof', 'shop_proof_now'])
    await postgres.run(`drop database if exists ${name} with (force)`);
  await postgres.run('create database shop owner keeper');
  await execa('sqitch', ['deploy', `db:pg:${at('shop').replace(/^postgres:/, '')}`], {
    cwd: path.join(home, 'db'),
    env: { HOME: home, TZ: 'UTC', PATH: process.env['PATH'] },
    extendEnv: false,
  });
  await inShop("insert into orders (note, coupon) values ('one', null), ('two', null), ('three', 'SPRING')");

  writeFileSync(
    path.join(home, 'checks', 'written.yaml'),
    'walkback_written: 1\ndetectors:\n  - { id: coupons, class: convertible, table: orders, sql: "note = \'unreadable\'" }\n',
  );
  // what came with the release and is over, and what was there before it and goes on
  const logged = (agoMs: number, text: string) =>
    `${new Date(Date.now() - agoMs).toISOString()} ERROR ${text}\n`;
  writeFileSync(
    path.join(home, 'state', 'log'),
    logged(10_000_000, 'mail 4 is late') +
      logged(3_600_000, 'coupon 7 is lost') +
      logged(-3_600_000, 'mail 9 is late'),
  );
  file = path.join(opened.folder, 'runbooks', 'postgres_downgrade.yaml');
  const steps = path.join(path.dirname(file), 'steps');
  cpSync(shipped('steps'), steps, { recursive: true });
  const down = readFileSync(path.join(steps, 'schema_down.yaml'), 'utf8');
  writeFileSync(path.join(steps, 'schema_down.yaml'), down.replace('value: 5s', 'value: 300ms'));
  writeFileSync(
    file,
    quickened(readFileSync(shipped('postgres_downgrade.yaml'), 'utf8'))
      .replace('http://prometheus.staging.example:9090', monitoring.url)
      .replaceAll('/var/log/shop/error.log', `${home}/state/log`)
      .replaceAll(/postgres:\/\/shop_owner@db\.staging\.example\/(\w+)/g, (_all, name: string) => at(name))
      .replaceAll('folder: db ', `folder: ${home}/db `)
      .replaceAll('checks: checks ', `checks: ${home}/checks `)
      .replaceAll('/var/backups/shop', `${home}/dumps`),
  );
  const signer = await makeSigners(stage, path.dirname(file), ['grace', 'edsger']);
  ownerSigns = signer('grace').owning;
  dbaSigns = signer('edsger').signing;
}, 120_000);
afterEach(() => stage.clear(), 60_000);

async function inShop(sql: string) {
  const database = await openDatabase({ kind: 'postgres', env: { DATABASE_URL: at('shop') } });
  try {
    return await database.query(sql);
  } finally {
    await database.close();
  }
}

const run = (policy: Policy): Promise<Run> =>
  runThrough(stage, {
    file,
    environment: 'staging',
    mode: 'LIVE',
    given: { release: '2.0.0' },
    policy: firstOf(policy, chosen('what_to_do', 'rollback', 'payments fail', 1)),
  });

const nothing: Policy = () => null;

const databases = async (): Promise<readonly string[]> =>
  (await inShop("select datname from pg_database where datname like 'shop%' order by 1")).map(({ datname }) =>
    String(datname),
  );

/** Once, when a decision is asked: what a person does at another keyboard before answering it. */
function meanwhile(step: string, act: () => void | Promise<void>): Policy {
  let done = false;
  return async (situation) => {
    if (
      !done &&
      situation.at === 'step' &&
      situation.step.place.step === step &&
      situation.step.question !== null
    ) {
      done = true;
      await act();
    }
    return null;
  };
}

/** The dump of before outlives the session, with an owner and a date. */
const keptDump = ({ session }: Run): string => `The dump before-${session} is kept`;

async function expectClosed(ran: Run, outcome: string, later: readonly string[] = []): Promise<void> {
  expect(ran.end.why, `${ran.end.detail}\n${stepsOf(ran).join(' ')}`).toBe('closed');
  expect(ran.view.outcome, stepsOf(ran).join(' ')).toBe(outcome);
  const owed = ran.view.obligations.filter(({ state }) => state !== 'proved');
  expect(owed.map(({ title, state }) => `${state}: ${title.split(':')[0] ?? ''}`)).toEqual(
    later.map((title) => `carried: ${title}`),
  );
  const state = (name: string) => readFileSync(path.join(home, 'state', name), 'utf8').trim();
  expect([state('ci'), state('jobs'), state('silences')]).toEqual(['running', 'running', 'none']);
  expect(state('version')).toBe(outcome === 'rolled_back' ? '1.9.3' : '2.0.0');
}

const columns = async (): Promise<string> =>
  String(
    (
      await inShop(
        "select string_agg(column_name, ' ' order by ordinal_position) as all from information_schema.columns where table_name = 'orders'",
      )
    )[0]?.['all'],
  );

/** Ends who holds the tables, where that is open: at first nobody does. */
const endingHolders: Policy = (situation) => {
  if (situation.at !== 'step' || situation.step.place.step !== 'which_way') return null;
  const open = situation.step.question?.options.some(
    (one) => one.id === 'end_holders' && one.offered === 'pass',
  );
  return open === true ? chosen('which_way', 'end_holders', 'it only reads')(situation) : null;
};

test(
  'a whole run: proven backup, frozen, two reverts of which the first is broken and mended, thawed, rolled back',
  slow,
  async () => {
    sqitch('coupons', 'revert', 'BEGIN; ALTER TABLE orders DROP COLUMN nowhere; COMMIT;');
    const mend = meanwhile('which_way', async () => {
      sqitch('coupons', 'revert', 'BEGIN; ALTER TABLE orders DROP COLUMN coupon; COMMIT;');
      await inShop('create index by_hand on orders (note)'); // a colleague thinks that it helps
      await report.query("begin; set application_name = 'report'; select count(*) from orders");
    });
    const report = new pg.Client({ connectionString: at('shop') });
    await report.connect();
    const cut = new Promise<string>((resolve) => void report.on('error', ({ message }) => resolve(message)));

    const ran = await run(firstOf(mend, dbaSigns, endingHolders));

    expect(await cut).toContain('terminating connection');
    const [agreed] = eventsOf(ran.facts, 'approval.requested').map(({ fact }) => fact.request);
    expect(agreed).toMatch(
      /End these sessions, whatever they are doing: \d+ \(keeper report since [\d:]{8}\)/,
    );

    await expectClosed(ran, 'rolled_back', [
      keptDump(ran),
      'Drift on tables', // which somebody accepts: it is on record who, and until when
    ]);
    const looks = eventsOf(ran.facts, 'drift.captured').map(({ fact }) => fact);
    expect(looks.filter(({ result }) => result !== 'pass')).toEqual([]);
    expect(new Set(looks.map(({ id }) => id))).toEqual(new Set(['grants', 'tables']));
    const compared = eventsOf(ran.facts, 'comparison.made').at(-1);
    expect(compared?.fact.verdict).toBe('RECOVERED');
    const errors = eventsOf(ran.facts, 'check.judged').findLast(
      ({ fact }) => fact.place.step === 'old_errors',
    );
    expect(errors?.fact.result).toBe('pass');
    expect(stepsOf(ran)).toEqual(
      expect.arrayContaining(['proven_counted', 'freeze_stop', 'dump_dump', 'which_way', 'orphans_whole']),
    );
    expect(await columns()).toBe('id note');
    expect(await inShop('select count(*) as n from orders')).toEqual([{ n: expect.any(Number) as number }]);
    expect(readdirSync(path.join(home, 'dumps'))).toEqual([`before-${ran.session}.dump`]);
  },
);

test('a revert that is missing leaves two ways: the first is to stay on the new release', slow, async () => {
  rmSync(path.join(home, 'db', 'revert', 'coupons.sql'));
  const ran = await run(nothing);
  await expectClosed(ran, 'rolled_forward');
  expect(stepsOf(ran)).not.toContain('freeze_stop');
  expect(await columns()).toBe('id note coupon');
});

test(
  'C3: with no way down, the backup takes the place of the database: frozen, signed, locked, and given back',
  slow,
  async () => {
    rmSync(path.join(home, 'db', 'revert', 'coupons.sql'));
    const ran = await run(firstOf(ownerSigns, chosen('which_end', 'restore', 'no revert', 1)));

    // what the backup does not hold is a loss, and a loss asks for a post-mortem wherever it happened
    await expectClosed(ran, 'rolled_back', [
      keptDump(ran),
      'shop_before holds what was written since the backup',
      'Post-mortem of Take the shop and its schema back on staging',
    ]);
    expect(stepsOf(ran)).toEqual(
      expect.arrayContaining([
        'freeze_stop',
        'dump_dump',
        'backup_or_stay',
        'owner_agrees',
        'freeze_restored',
      ]),
    );
    expect(stepsOf(ran)).not.toContain('schema_down_revert');
    const rows = await inShop('select id, note from orders order by id');
    expect(rows).toEqual([
      { id: 1, note: null },
      { id: 2, note: null },
    ]);
    expect(await databases()).toEqual(['shop', 'shop_before']);
    const asked = eventsOf(ran.facts, 'approval.requested').map(({ fact }) => fact.request);
    expect(asked.join()).toContain(`${home}/state/backup.dump, 3 hours old`);
    expect(asked.join()).toContain('orders: 3 now, 2 in the backup');
    expect(eventsOf(ran.facts, 'data.accepted').map(({ fact }) => [fact.principal, fact.level])).toEqual([
      ['grace', 'L1'],
    ]);
  },
);

test('a backup of after the release is never put in the place of the database', slow, async () => {
  rmSync(path.join(home, 'db', 'revert', 'coupons.sql'));
  writeFileSync(path.join(home, 'state', 'age'), '1\n');
  const offered: unknown[] = [];
  const look: Policy = ({ at, ...rest }) => {
    const question = at === 'step' && 'step' in rest ? rest.step.question : null;
    if (question !== null) offered.push(...question.options.map((one) => `${one.id} ${one.offered}`));
    return null;
  };
  const ran = await run(look);
  await expectClosed(ran, 'rolled_forward');
  expect(offered).toContain('restore fail');
  expect(offered).not.toContain('restore pass');
  expect(stepsOf(ran)).toContain('proven_counted');
});
