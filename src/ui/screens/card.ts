import type { CursorPlace } from '../kit/frame.ts';
import { inGrace } from '../keys/grace.ts';
import { attemptOfMode } from '../state/mode.ts';
import type { ScreenState, Seen } from '../state/screen-state.ts';
import { fitRow, row, span } from '../text/row.ts';
import type { Row } from '../text/row.ts';

/** A part of the screen that is drawn as one text: what comes from outside never shares it with a question of ours. */
export interface Block {
  readonly id: string;
  readonly rows: readonly Row[];
}

/** What takes the place of the panels: a menu, a form, a list to look at. */
export interface CardView {
  readonly blocks: readonly Block[];
  /** How far the text above the rows is scrolled, as far as it can be. */
  readonly leadTop?: number;
  /** Where the cursor stands, from the top left of the card. */
  readonly cursor: CursorPlace | null;
}

/** Says while keys are swallowed; the row is there either way, so that nothing moves when it goes. */
export function graceRow(state: ScreenState, seen: Seen, otherwise: Row, columns: number): Row {
  const swallowing = attemptOfMode(state.mode) !== null && inGrace(state.grace, seen.nowMs);
  return fitRow(
    swallowing ? row(span('keys are ignored for a moment: please read', 'unknown')) : otherwise,
    columns,
  );
}
