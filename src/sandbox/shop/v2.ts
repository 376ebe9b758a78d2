import { releases } from '../releases.ts';
import type { ReleaseCode } from './release-code.ts';

/** 2.0.0: split names, coupons, partial refunds. Writes the receipt as long as the column is there. */
export const v2: ReleaseCode = {
  version: releases.current.version,
  reads: releases.current.reads,
  statuses: ['placed', 'paid', 'refunded', 'partially_refunded'],
  customerName(database, customer) {
    const name = database
      .prepare(`select first_name || ' ' || last_name from customers where id = ?`)
      .pluck()
      .get(customer);
    return String(name ?? '');
  },
  couponPercent(database, code) {
    const percent = database.prepare('select percent from coupons where code = ?').pluck().get(code);
    return percent === undefined ? null : Number(percent);
  },
  insertOrder(database, order) {
    const result = database
      .prepare(
        `insert into orders (customer_id, status, total_cents, placed_at, coupon_code, discount_cents) values (?, 'paid', ?, ?, ?, ?)`,
      )
      .run(order.customer, order.totalCents, order.placedAt, order.coupon, order.discountCents);
    if (order.coupon !== null)
      database.prepare('update coupons set used = used + 1 where code = ?').run(order.coupon);
    const id = Number(result.lastInsertRowid);
    const receipt = database
      .prepare(`select 1 from pragma_table_info('orders') where name = 'receipt'`)
      .get();
    if (receipt !== undefined)
      database.prepare('update orders set receipt = ? where id = ?').run(`R-${order.placedAt}`, id);
    return id;
  },
  refundStatus: (refund, total) => (refund >= total ? 'refunded' : 'partially_refunded'),
};
