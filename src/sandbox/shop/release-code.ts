import type { ShopDatabase } from '../database/open.ts';

/** What differs between the releases of the shop: how each speaks to the database, and what it understands. */
export interface ReleaseCode {
  readonly version: string;
  readonly reads: { readonly from: number; readonly to: number };
  /** Statuses this release can put on a page; reading any other throws. */
  readonly statuses: readonly string[];
  customerName(database: ShopDatabase, customer: number): string;
  /** The coupon's percentage, or null where the release knows no such coupon. */
  couponPercent(database: ShopDatabase, code: string): number | null;
  insertOrder(database: ShopDatabase, order: NewOrder): number;
  /** The status after a refund; null where this release cannot do it. */
  refundStatus(refundCents: number, totalCents: number): string | null;
}

interface NewOrder {
  readonly customer: number;
  readonly totalCents: number;
  readonly placedAt: number;
  readonly coupon: string | null;
  readonly discountCents: number;
}

export class UnknownStatus extends Error {
  override readonly name = 'UnknownStatus';
}
