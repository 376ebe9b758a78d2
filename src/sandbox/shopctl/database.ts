import { findNewerRows, transformRows, untransformRows } from '../database/transform.ts';
import { migrateTo, verifySchema } from '../database/migrate.ts';
import { migrations } from '../database/migrations/list.ts';
import { openShopDatabase, schemaVersion, type ShopDatabase } from '../database/open.ts';
import { argument, exits, numberFlag, UsageError, type Command, type Context, type Exit } from './context.ts';

export function withDatabase<T>(folder: string, work: (database: ShopDatabase) => T): T {
  const database = openShopDatabase(folder);
  try {
    return work(database);
  } finally {
    database.close();
  }
}

/** The newest orders' ids. */
export const recentOrders = (folder: string, most: number): readonly number[] =>
  withDatabase(
    folder,
    (database) =>
      database.prepare('select id from orders order by id desc limit ?').pluck().all(most) as number[],
  );

async function schema(context: Context): Promise<Exit> {
  const action = argument(context, 0, 'version, up, down or verify');
  switch (action) {
    case 'version':
      context.out(String(withDatabase(context.folder, schemaVersion)));
      return exits.yes;
    case 'verify': {
      const wrong = withDatabase(context.folder, verifySchema);
      context.out(wrong.length === 0 ? 'every migration is as it should be' : `wrong: ${wrong.join(', ')}`);
      return wrong.length === 0 ? exits.yes : exits.no;
    }
    case 'up':
    case 'down':
      return move(context, action);
    default:
      throw new UsageError(`schema cannot ${action}`);
  }
}

async function move(context: Context, way: 'up' | 'down'): Promise<Exit> {
  const target = numberFlag(context, 'to');
  const now = await context.now();
  if (target > migrations.length) throw new UsageError(`the newest schema is ${migrations.length}`);
  return withDatabase(context.folder, (database) => {
    const from = schemaVersion(database);
    if (way === 'down' ? target > from : target < from)
      throw new UsageError(`the schema is at ${from}: that is not ${way}`);
    const run = migrateTo(database, context.folder, target, now);
    for (const name of run.applied) context.out(`${way === 'down' ? 'reverted' : 'applied'} ${name}`);
    if (run.failed) context.err(`${run.failed.migration} failed: ${run.failed.why}`);
    context.out(
      `${way === 'down' ? 'reverted' : 'applied'} ${run.applied.length} migrations, the schema is at ${run.reached}`,
    );
    return run.failed ? exits.no : exits.yes;
  });
}

function detect(context: Context): Exit {
  const found = withDatabase(context.folder, findNewerRows);
  context.out(
    context.json
      ? JSON.stringify(found)
      : `${found.partiallyRefunded} partially refunded, ${found.withCoupon} with a coupon`,
  );
  return found.partiallyRefunded + found.withCoupon === 0 ? exits.yes : exits.no;
}

function transform(context: Context): Exit {
  if (context.flag('dry-run') === true) {
    const { partiallyRefunded, withCoupon } = withDatabase(context.folder, findNewerRows);
    context.out(
      `would change ${partiallyRefunded} partially refunded orders and ${withCoupon} with a coupon`,
    );
    return exits.yes;
  }
  const changed = withDatabase(context.folder, transformRows);
  context.out(`changed ${changed} orders, the originals are in rollback_orders`);
  return exits.yes;
}

function untransform(context: Context): Exit {
  const changed = withDatabase(context.folder, untransformRows);
  if (changed === null) {
    context.err('this schema cannot hold the originals: apply the migrations first');
    return exits.no;
  }
  context.out(`put back ${changed} orders`);
  return exits.yes;
}

function orders(context: Context): Exit {
  const action = argument(context, 0, 'count or check');
  if (action === 'count') {
    context.out(
      String(
        withDatabase(context.folder, (database) =>
          database.prepare('select count(*) from orders').pluck().get(),
        ),
      ),
    );
    return exits.yes;
  }
  if (action !== 'check') throw new UsageError(`orders cannot ${action}`);
  const found = withDatabase(context.folder, orphans);
  context.out(
    context.json
      ? JSON.stringify(found)
      : `${found.withoutPayment} orders without payment, ${found.withoutCustomer} without customer, ${found.paymentsWithoutOrder} payments without order`,
  );
  return Object.values(found).every((count) => count === 0) ? exits.yes : exits.no;
}

function orphans(database: ShopDatabase): {
  readonly withoutPayment: number;
  readonly withoutCustomer: number;
  readonly paymentsWithoutOrder: number;
} {
  const count = (sql: string): number => Number(database.prepare(sql).pluck().get());
  return {
    withoutPayment: count(
      'select count(*) from orders o left join payments p on p.order_id = o.id where p.id is null',
    ),
    withoutCustomer: count(
      'select count(*) from orders o left join customers c on c.id = o.customer_id where c.id is null',
    ),
    paymentsWithoutOrder: count(
      'select count(*) from payments p left join orders o on o.id = p.order_id where o.id is null',
    ),
  };
}

export const databaseCommands: Readonly<Record<string, Command>> = {
  schema: {
    usage: 'schema version | verify | down --to N | up --to N',
    about: 'the schema; 3 if a migration fails, and the ones before it stay done',
    run: schema,
  },
  detect: {
    usage: 'detect [--json]',
    about: 'orders that only the newer release understands; 3 if there are any',
    run: detect,
  },
  transform: {
    usage: 'transform [--dry-run]',
    about: 'makes such orders readable for the previous release, originals aside',
    run: transform,
  },
  untransform: {
    usage: 'untransform',
    about: 'puts the originals back; 3 where the schema cannot hold them',
    run: untransform,
  },
  orders: {
    usage: 'orders count | check [--json]',
    about: 'how many orders; check: 3 if a row points at nothing',
    run: orders,
  },
};
