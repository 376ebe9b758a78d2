import type { Row } from '../text/row.ts';

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

/** Where the cursor stands while something is written, counted from the first column and row of the screen. */
export interface CursorPlace {
  readonly x: number;
  readonly y: number;
}

/** A screen as rows of its whole width, one fewer than the terminal has. */
export interface RowsFrame {
  readonly rows: readonly Row[];
  readonly cursor: CursorPlace | null;
}

/** Below this nothing can be laid out so that it tells the truth. */
const smallest: ScreenSize = { columns: 60, rows: 16 };

/** What stands on a terminal that is too small, or null where it is large enough. */
export const tooSmall = ({ columns, rows }: ScreenSize): string | null =>
  columns < smallest.columns || rows < smallest.rows
    ? `terminal too small: ${smallest.columns}×${smallest.rows} needed`
    : null;
