import { releases } from '../releases.ts';
import type { ReleaseCode } from './release-code.ts';
import { v2 } from './v2.ts';

/** 2.0.1: 2.0.0 with its fault mended. */
export const fixRelease: ReleaseCode = {
  ...v2,
  version: releases.fix.version,
  reads: releases.fix.reads,
};
