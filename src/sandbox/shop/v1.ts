import { releases } from '../releases.ts';
import type { ReleaseCode } from './release-code.ts';

/** 1.9.3: one name column, three statuses, no coupons. */
export const v1: ReleaseCode = {
  version: releases.previous.version,
  reads: releases.previous.reads,
  statuses: ['placed', 'paid', 'refunded'],
  customerName(database, customer) {
    return String(database.prepare('select name from customers where id = ?').pluck().get(customer) ?? '');
  },
  couponPercent: () => null,
  insertOrder(database, order) {
    const result = database
      .prepare(
        `insert into orders (customer_id, status, total_cents, placed_at, receipt) values (?, 'paid', ?, ?, ?)`,
      )
      .run(order.customer, order.totalCents, order.placedAt, `R-${order.placedAt}`);
    return Number(result.lastInsertRowid);
  },
  refundStatus: (refund, total) => (refund >= total ? 'refunded' : null),
};
