import { customersAndProducts } from './001-customers-and-products.ts';
import { ordersAndPayments } from './002-orders-and-payments.ts';
import { expandCustomerName } from './003-expand-customer-name.ts';
import { splitCustomerName } from './004-split-customer-name.ts';
import { partialRefundsAndCoupons } from './005-partial-refunds-and-coupons.ts';
import { contractReceipts } from './006-contract-receipts.ts';
import type { Migration } from './migration.ts';

/** In the order they are applied; the ids count from 1 without a gap. */
export const migrations: readonly Migration[] = [
  customersAndProducts,
  ordersAndPayments,
  expandCustomerName,
  splitCustomerName,
  partialRefundsAndCoupons,
  contractReceipts,
];
