import { expect, test } from 'vitest';
import { classify } from '../../../src/tools/schema/classify.ts';
import { statementsOf } from '../../../src/tools/schema/statements.ts';

test('semicolons and comments inside texts, names, dollar quotes and nested comments belong to the statement', () => {
  expect(
    statementsOf(`
      -- drop table a;
      insert into t values ('x;--', E'it\\'s;', 'it''s;') /* one /* two; */ three; */;
      create function f() returns void language sql as $body$ delete from t; $body$;
      select "a;b" from t
      ; \\i more.sql
      drop table last_one`),
  ).toEqual([
    "insert into t values ('x;--', E'it\\'s;', 'it''s;')",
    'create function f() returns void language sql as $body$ delete from t; $body$',
    'select "a;b" from t',
    '\\i more.sql',
    'drop table last_one',
  ]);
});

test.each([
  ['', 'nothing'],
  ['-- nothing to do\n/* really; */', 'nothing'],
  ['SELECT 1;', 'nothing'],
  ['BEGIN; SELECT count(*) FROM t; COMMIT;', 'nothing'],
  ['SELECT 1/COUNT(*) FROM information_schema.tables WHERE table_name = \'t\';', 'nothing'],
  ['BEGIN; SET search_path = shop; COMMIT;', 'nothing'],
  ['SELECT take_back_everything();', 'unknown'],
  ["SELECT setval('ids', 1);", 'unknown'],
  ['DO $$ begin perform 1; end $$;', 'unknown'],
  ['CALL undo();', 'unknown'],
  ['\\i other.sql', 'unknown'],
  ['DROP INDEX i;', 'safe'],
  ['ALTER TABLE t ADD COLUMN c int;', 'safe'],
  ['ALTER TABLE t RENAME COLUMN a TO b;', 'safe'],
  ['ALTER TABLE t DROP CONSTRAINT c;', 'safe'],
  ['ALTER TABLE t ALTER COLUMN c DROP NOT NULL;', 'safe'],
  ['CREATE OR REPLACE VIEW v AS SELECT 1;', 'safe'],
  ["CREATE FUNCTION f() RETURNS void LANGUAGE sql AS 'delete from t';", 'safe'],
  ['INSERT INTO t VALUES (1);', 'safe'],
  ["UPDATE t SET a = 'drop table x';", 'lossy'],
  ['DELETE FROM t WHERE a = 1;', 'lossy'],
  ['WITH gone AS (DELETE FROM t RETURNING *) SELECT count(*) FROM gone;', 'lossy'],
  ['ALTER TABLE t ALTER COLUMN c TYPE int USING c::int;', 'lossy'],
  ['DROP TYPE mood;', 'lossy'],
  ['DELETE FROM t;', 'destructive'],
  ['TRUNCATE t;', 'destructive'],
  ['ALTER TABLE t DROP default_price;', 'destructive'],
  ['ALTER TABLE t DROP identity_card, DROP CONSTRAINT c;', 'destructive'],
  ['DROP TABLE IF EXISTS t;', 'destructive'],
  ['ALTER TABLE t DROP COLUMN c;', 'destructive'],
  ['ALTER TABLE "T" DROP c;', 'destructive'],
  ['ALTER TABLE t DROP COLUMN IF EXISTS c, ADD COLUMN d int;', 'destructive'],
  ['DROP VIEW v CASCADE;', 'destructive'],
  ['DROP VIEW v; DROP TABLE t;', 'destructive'],
  ['FROBNICATE t;', 'unknown'],
])('%j is %s', (script, expected) => {
  expect(classify(script, { autocommit: true }).class).toBe(expected);
});

test.each([
  ['one statement is its own transaction', 'DROP TABLE a;', true, true],
  ['two are none where the tool commits each', 'DROP TABLE a; DROP TABLE b;', true, false],
  ['two are one where the tool sees to it', 'DROP TABLE a; DROP TABLE b;', false, true],
  ['BEGIN and COMMIT hold them together', 'BEGIN; DROP TABLE a; DROP TABLE b; COMMIT;', true, true],
  ['unless one stands outside', 'BEGIN; DROP TABLE a; COMMIT; DROP TABLE b;', true, false],
  ['an index that is dropped concurrently is in none', 'DROP INDEX CONCURRENTLY i;', false, false],
  ['what only looks does not count', 'SELECT 1; DROP TABLE a;', true, true],
])('%s', (_why, script, autocommit, expected) => {
  expect(classify(script, { autocommit }).transactional).toBe(expected);
});

test('says which statements the class comes from', () => {
  expect(classify('DROP VIEW v; ALTER TABLE t DROP COLUMN c;', { autocommit: true }).why).toEqual([
    'ALTER TABLE t DROP COLUMN c',
    'not in one transaction: a failure leaves a part of it done',
  ]);
});
