import { setTimeout as pause } from 'node:timers/promises';
import type { DomainClock } from '../clock.ts';
import type { ShopDatabase } from '../database/open.ts';
import { call, fields, json, type Incoming, type Reply } from '../http.ts';
import type { Random } from '../random.ts';
import type { Registry } from '../metrics/registry.ts';
import { UnknownStatus, type ReleaseCode } from './release-code.ts';

export interface ShopParts {
  readonly release: ReleaseCode;
  readonly database: ShopDatabase;
  readonly clock: DomainClock;
  readonly random: Random;
  readonly metrics: Registry;
  readonly payments: string;
  readonly flag: (name: string) => Promise<boolean>;
  /** Whether this checkout is one of those that the release gets wrong. */
  readonly checkoutBreaks: () => boolean;
  /** Whether the code behind that flag gets this one wrong. */
  readonly flagBreaks: (flag: string) => boolean;
}

/** How long a route works before it answers, in milliseconds: least and spread. */
export const workMs: Readonly<Record<string, readonly [number, number]>> = {
  '/products': [8, 20],
  '/cart': [8, 20],
  '/checkout': [20, 35],
  '/orders': [8, 20],
};

export const routes = ['/products', '/cart', '/checkout', '/orders'] as const;

/** The label of a path: one order's page is the route `/orders`. */
export const routeOf = (path: string): string => (path.startsWith('/orders/') ? '/orders' : path);

/** The shop's own API; null for a path that it does not have. */
export async function shopRoute(parts: ShopParts, incoming: Incoming): Promise<Reply | null> {
  const { method, path } = incoming;
  const [least, spread] = workMs[routeOf(path)] ?? [0, 0];
  if (spread > 0) await pause(least + parts.random.next() * spread);
  if (method === 'GET' && path === '/products') return listProducts(parts);
  if (method === 'POST' && path === '/cart') return makeCart(parts, fields(incoming.body));
  if (method === 'POST' && path === '/checkout') return checkout(parts, fields(incoming.body));
  const order = /^\/orders\/(\d+)(\/refund)?$/.exec(path);
  if (!order) return null;
  if (method === 'GET' && order[2] === undefined) return readOrder(parts, Number(order[1]));
  if (method === 'POST' && order[2] !== undefined)
    return refund(parts, Number(order[1]), fields(incoming.body));
  return null;
}

function listProducts({ database }: ShopParts): Reply {
  return json(200, {
    products: database.prepare('select id, title, price_cents as priceCents from products order by id').all(),
  });
}

function makeCart({ database, clock }: ShopParts, body: Readonly<Record<string, unknown>>): Reply {
  const product = Number(body['product'] ?? 1);
  const quantity = Number(body['quantity'] ?? 1);
  if (!Number.isInteger(product) || !Number.isInteger(quantity) || quantity < 1)
    return json(400, { error: 'product and quantity must be whole numbers' });
  const cart = database
    .transaction(() => {
      const { lastInsertRowid } = database.prepare('insert into carts (made_at) values (?)').run(clock.now());
      database.prepare('insert into cart_items values (?, ?, ?)').run(lastInsertRowid, product, quantity);
      return Number(lastInsertRowid);
    })
    .immediate();
  return json(201, { cart });
}

async function checkout(parts: ShopParts, body: Readonly<Record<string, unknown>>): Promise<Reply> {
  const { database, release, clock, metrics } = parts;
  if (parts.checkoutBreaks())
    return json(500, { error: 'cannot read properties of undefined (reading "percent")' });
  const cart = Number(body['cart']);
  const customer = Number(body['customer'] ?? 1);
  const sum = database
    .prepare(
      'select sum(quantity * price_cents) from cart_items join products on products.id = product_id where cart_id = ?',
    )
    .pluck()
    .get(cart);
  if (typeof sum !== 'number') return json(404, { error: `there is no cart ${cart}` });
  const name = release.customerName(database, customer);
  const wanted = typeof body['coupon'] === 'string' ? body['coupon'] : null;
  const allowed = await parts.flag('new_coupons');
  metrics.add('shop_flag_exposures_total', { flag: 'new_coupons', value: allowed ? 'on' : 'off' });
  if (allowed && parts.flagBreaks('new_coupons')) {
    metrics.add('shop_flag_errors_total', { flag: 'new_coupons', value: 'on' });
    return json(500, { error: 'the price with a coupon is not a number' });
  }
  const percent = wanted !== null && allowed ? release.couponPercent(database, wanted) : null;
  const discountCents = percent === null ? 0 : Math.round((sum * percent) / 100);
  const totalCents = sum - discountCents;
  const payment = await call(`${parts.payments}/charge`, {
    body: { cart, amountCents: totalCents },
    timeoutMs: 2_000,
  }).catch(() => null);
  if (payment === null || payment.status !== 201) {
    metrics.add('shop_payments_failed_total', {});
    return json(502, { error: 'the payment was not taken' });
  }
  const reference = String(fields(payment.text)['reference']);
  const order = database
    .transaction(() => {
      const coupon = percent === null ? null : wanted;
      const id = release.insertOrder(database, {
        customer,
        totalCents,
        placedAt: clock.now(),
        coupon,
        discountCents,
      });
      database
        .prepare('insert into payments (order_id, reference, amount_cents) values (?, ?, ?)')
        .run(id, reference, totalCents);
      database.prepare('delete from carts where id = ?').run(cart);
      return id;
    })
    .immediate();
  metrics.add('shop_orders_total', { status: 'paid' });
  return json(201, { order, totalCents, name });
}

function readOrder({ database, release }: ShopParts, id: number): Reply {
  const row = database
    .prepare('select id, customer_id, status, total_cents from orders where id = ?')
    .get(id) as
    | {
        readonly id: number;
        readonly customer_id: number;
        readonly status: string;
        readonly total_cents: number;
      }
    | undefined;
  if (!row) return json(404, { error: `there is no order ${id}` });
  if (!release.statuses.includes(row.status))
    throw new UnknownStatus(
      `order ${id} has the status ${row.status}, which ${release.version} does not know`,
    );
  return json(200, {
    order: row.id,
    status: row.status,
    totalCents: row.total_cents,
    name: release.customerName(database, row.customer_id),
  });
}

function refund(
  { database, release, metrics }: ShopParts,
  id: number,
  body: Readonly<Record<string, unknown>>,
): Reply {
  const total = database
    .prepare(`select total_cents from orders where id = ? and status = 'paid'`)
    .pluck()
    .get(id);
  if (typeof total !== 'number') return json(409, { error: `order ${id} cannot be refunded` });
  const status = release.refundStatus(Number(body['amountCents'] ?? total), total);
  if (status === null) return json(400, { error: `${release.version} refunds whole orders only` });
  database.prepare('update orders set status = ? where id = ?').run(status, id);
  metrics.add('shop_orders_total', { status });
  return json(200, { order: id, status });
}
