/**
 * What became of counted rows. The most that was ever counted is what is compared with: rows that customers add later
 * do not make up for those that are gone, and rows that are put back do.
 */

export interface Counted {
  /** Rows now; null where they could not be counted. */
  readonly rows: number | null;
  /** The most rows that were counted so far, this time included; null before the first count. */
  readonly most: number | null;
  /** How new the newest row is now, and was at most: epoch milliseconds. */
  readonly newestMs: number | null;
  readonly newestMostMs: number | null;
}

/** Rows that are gone; null where that cannot be told, which is never zero. */
export const rowsLost = ({ rows, most }: Counted): number | null =>
  rows === null || most === null ? null : Math.max(0, most - rows);

/** How far back the newest row has fallen, in milliseconds; null where that cannot be told. */
export const timeLost = ({ newestMs, newestMostMs }: Counted): number | null =>
  newestMs === null || newestMostMs === null ? null : Math.max(0, newestMostMs - newestMs);

/** Rows lost in all, by table; null as soon as one of them is not known. */
export function rowsLostInAll(tables: readonly Counted[]): number | null {
  let lost = 0;
  for (const table of tables) {
    const rows = rowsLost(table);
    if (rows === null) return null;
    lost += rows;
  }
  return lost;
}
