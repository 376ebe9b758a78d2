/** The releases of the shop, the schema each is shipped with, and the schemas each can read. */
export const releases = {
  previous: { version: '1.9.3', schema: 2, reads: { from: 2, to: 3 } },
  current: { version: '2.0.0', schema: 5, reads: { from: 5, to: 6 } },
  /** Beside the current one, where traffic may be switched back to it. */
  standby: { version: '1.9.4', schema: 5, reads: { from: 2, to: 6 } },
  /** The current one without its fault, for where only forward is a way. */
  fix: { version: '2.0.1', schema: 5, reads: { from: 5, to: 6 } },
} as const;

export type ReleaseVersion = (typeof releases)[keyof typeof releases]['version'];

export const instanceNames = ['shop1', 'shop2', 'shop3', 'shop4'] as const;
export type InstanceName = (typeof instanceNames)[number];

export const isInstanceName = (text: unknown): text is InstanceName =>
  (instanceNames as readonly unknown[]).includes(text);

export function findRelease(version: unknown): (typeof releases)[keyof typeof releases] | null {
  return Object.values(releases).find((release) => release.version === version) ?? null;
}
