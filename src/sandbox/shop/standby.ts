import { releases } from '../releases.ts';
import type { ReleaseCode } from './release-code.ts';
import { v2 } from './v2.ts';

/** 1.9.4: built to stand by beside 2.0.0. It reads the new schema, and sells without coupons as 1.9 did. */
export const standbyRelease: ReleaseCode = {
  ...v2,
  version: releases.standby.version,
  reads: releases.standby.reads,
  couponPercent: () => null,
};
