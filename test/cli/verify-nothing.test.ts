import { join } from 'node:path';
import { expect, test } from 'vitest';
import { toolFolder } from '../tools/shop-tables.ts';
import { walkback } from '../tools/cli.ts';

test.each([[[]], [['20260301-0312']]])(
  'a ledger that is not there is not verified, with %j asked for',
  async (more) => {
    const path = join(toolFolder(), 'ledger.db');

    const { code, out, warned } = await walkback({ WALKBACK_LEDGER: path }, 'verify', ...more);

    expect([code, out]).toEqual([30, '']);
    expect(warned).toContain(`There is no ledger ${path}: nothing was verified.`);
  },
);
