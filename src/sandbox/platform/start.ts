import type { ReleaseVersion } from '../releases.ts';

/** What the platform is told when it starts. */
export interface PlatformStart {
  readonly type: 'start';
  readonly folder: string;
  readonly token: string;
  readonly seed: number;
  readonly speed: number;
  readonly version: ReleaseVersion;
  /** The sandbox ends with this process; null for one that outlives whoever started it. */
  readonly parentPid: number | null;
  /** Real time after which the sandbox ends by itself. */
  readonly maxLifetimeMs: number;
  /** Customers in the closed loop. */
  readonly clients: number;
}
