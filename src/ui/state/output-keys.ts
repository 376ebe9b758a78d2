import type { Action } from '../keymap.ts';
import type { OutputState } from './screen-state.ts';

/** How far back a search looks for matches at most. */
export const searchLimit = 1000;

/** What a motion does to a position in something `length` long that shows `height` at a time. */
export function moved(action: Action, at: number, length: number, height: number): number {
  const last = Math.max(0, length - height);
  const half = Math.max(1, Math.floor(height / 2));
  switch (action) {
    case 'down':
      return Math.min(last, at + 1);
    case 'up':
      return Math.max(0, at - 1);
    case 'half_down':
      return Math.min(last, at + half);
    case 'half_up':
      return Math.max(0, at - half);
    case 'top':
      return 0;
    case 'bottom':
      return last;
    default:
      return at;
  }
}

/** The output after a motion: going up stops following, arriving at the end follows again. */
export function scrollOutput(
  output: OutputState,
  action: Action,
  lines: number,
  height: number,
): OutputState {
  const last = Math.max(0, lines - height);
  const from = output.follow ? last : Math.min(output.top, last);
  const top = moved(action, from, lines, height);
  return {
    ...output,
    top,
    follow: top >= last && action !== 'up' && action !== 'half_up' && action !== 'top',
  };
}

/** Shows the line with a match a third down from the top. */
function showLine(output: OutputState, line: number, height: number): OutputState {
  return { ...output, follow: false, top: Math.max(0, line - Math.floor(height / 3)) };
}

/** The output with the matches of a search, at the newest one. */
export function found(
  output: OutputState,
  query: string,
  matches: readonly number[],
  height: number,
): OutputState {
  const match = Math.max(0, matches.length - 1);
  const next = { ...output, query, matches, match };
  const line = matches[match];
  return line === undefined ? next : showLine(next, line, height);
}

/** The next or previous match, around the ends. */
export function stepMatch(output: OutputState, by: 1 | -1, height: number): OutputState {
  const { length } = output.matches;
  if (length === 0) return output;
  const match = (output.match + by + length) % length;
  const line = output.matches[match] ?? 0;
  return showLine({ ...output, match }, line, height);
}
