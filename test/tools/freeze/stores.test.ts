import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { withDatabase } from '../../../src/tools/database.ts';
import { openPostgres, type TestPostgres } from '../../fixtures/postgres/open-postgres.ts';
import { walkback } from '../cli.ts';
import { sqliteShop, toolFolder } from '../shop-tables.ts';

/* Orders and payments in PostgreSQL, the carts in a file of SQLite: frozen as one. */

let postgres: TestPostgres;
const named = (name: string, role: string): string => {
  const url = new URL(postgres.url);
  Object.assign(url, { pathname: `/${name}`, username: role, password: role });
  return url.href;
};
beforeAll(async () => {
  postgres = await openPostgres();
  await postgres.run("create role keeper login password 'keeper'");
  await postgres.run("create role app login password 'app'");
  for (const name of ['orders', 'payments']) await postgres.run(`create database ${name} owner keeper`);
}, 120_000);
afterAll(() => postgres.stop());

interface Result {
  readonly exit: number;
  readonly state: string;
  readonly stores: readonly { readonly id: string; readonly state: string; readonly marker: string | null }[];
}

let file = '';
let plan = '';
beforeEach(async () => {
  const folder = toolFolder();
  ({ file } = await sqliteShop(folder));
  plan = join(folder, 'stores.yaml');
  writeFileSync(
    plan,
    `walkback_freeze: 1
stores:
  - { id: orders, postgres: ORDERS_URL, application: ORDERS_APP, roles: [app] }
  - { id: cart, sqlite: ${file} }
  - { id: payments, postgres: PAYMENTS_URL, application: PAYMENTS_APP, roles: [app] }
`,
  );
  for (const name of ['orders', 'payments'])
    await asKeeper(name, 'drop table if exists rows; create table rows (id int); grant all on rows to app');
});

async function asKeeper(name: string, sql: string): Promise<void> {
  const place = { kind: 'postgres', env: { DATABASE_URL: named(name, 'keeper') } } as const;
  await withDatabase(place, {}, (database) => database.script(sql));
}

const env = (more: Readonly<Record<string, string>> = {}) => ({
  ORDERS_URL: named('orders', 'keeper'),
  ORDERS_APP: named('orders', 'app'),
  PAYMENTS_URL: named('payments', 'keeper'),
  PAYMENTS_APP: named('payments', 'app'),
  ...more,
});

async function call(more: Readonly<Record<string, string>>, ...argv: readonly string[]): Promise<Result> {
  const said = await walkback(env(more), 'freeze', ...argv, '--json');
  return { exit: said.code, ...(said.json() as Omit<Result, 'exit'>) };
}
const freeze = (more: Readonly<Record<string, string>> = {}) =>
  call(more, 'stores', plan, '--names', 'cart,orders,payments', '--drain', '300ms', '--quiet', '20ms');
const state = () => call({}, 'state', '--stores', plan);
const thaw = () => call({}, 'thaw', '--stores', plan);

/** Which of the three take a write of the application. */
async function writable(): Promise<readonly string[]> {
  const tries: Record<string, () => Promise<unknown>> = {
    cart: async () => {
      const cart = new Sqlite(file);
      try {
        cart.exec("update orders set note = 'x' where id = 1");
      } finally {
        cart.close();
      }
    },
  };
  for (const name of ['orders', 'payments'])
    tries[name] = () =>
      withDatabase({ kind: 'postgres', env: { DATABASE_URL: named(name, 'app') } }, {}, (database) =>
        database.change('insert into rows values (1)'),
      );
  const passed: string[] = [];
  for (const [name, write] of Object.entries(tries))
    await write().then(
      () => passed.push(name),
      () => undefined,
    );
  return passed.toSorted();
}

const everyStore = ['cart', 'orders', 'payments'];

test('a set of stores is frozen as one, each with its marker, and thaws as one', async () => {
  expect(await writable()).toEqual(everyStore);
  const frozen = await freeze();
  expect(frozen).toMatchObject({ exit: 0, state: 'frozen' });
  expect(frozen.stores.map(({ id, marker }) => [id, marker !== null])).toEqual([
    ['orders', true],
    ['cart', false],
    ['payments', true],
  ]);
  expect(await writable()).toEqual([]);
  expect(await state()).toMatchObject({ exit: 0, state: 'frozen' });
  expect(await freeze()).toMatchObject({ exit: 0, state: 'frozen' });

  expect(await thaw()).toMatchObject({ exit: 0, state: 'open' });
  expect(await writable()).toEqual(everyStore);
  expect(await thaw()).toMatchObject({ exit: 0, state: 'open' });
});

test.each([
  ['is refused', 3, 'refused', () => ({ PAYMENTS_APP: postgres.url.replace(/\/postgres$/, '/payments') })],
  ['does not answer', 30, 'unknown', () => ({ PAYMENTS_APP: 'postgres://app:app@127.0.0.1:1/payments' })],
] as const)('where one %s none stays frozen', async (_what, exit, why, more) => {
  const found = await freeze(more());
  expect(found).toMatchObject({ exit, state: 'open' });
  expect(found.stores.map((store) => `${store.id} ${store.state}`)).toEqual(
    expect.arrayContaining([`payments ${why}`, 'cart thawed', 'orders thawed']),
  );
  expect(await state()).toMatchObject({ exit: 0, state: 'open' });
  expect(await writable()).toEqual(everyStore);
});

test('after a break in the middle the state says which, and a second call freezes the rest', async () => {
  await walkback({}, 'freeze', 'sqlite', file, '--quiet', '20ms');
  expect(await state()).toMatchObject({
    exit: 3,
    state: 'partly',
    stores: [{ state: 'open' }, { id: 'cart', state: 'frozen' }, { state: 'open' }],
  });
  expect(await freeze()).toMatchObject({ exit: 0, state: 'frozen' });
  expect(await thaw()).toMatchObject({ exit: 0, state: 'open' });
  expect(await writable()).toEqual(everyStore);
});

test('a store that the debt would not name is refused before anything is frozen', async () => {
  const said = await walkback(env(), 'freeze', 'stores', plan, '--names', 'orders,payments');
  expect([said.code, said.warned]).toEqual([2, expect.stringContaining('cart, orders, payments')]);
  expect(await writable()).toEqual(everyStore);
});
