import { sanitiseText } from '../actions/sanitise.ts';

/**
 * Text from outside, made harmless before it meets a sink. What was recorded is not trusted to have been sanitised:
 * it goes through the program's one sanitiser again, and colours are dropped.
 */

const plain = /^[\x20-\x7e\n]*$/;
const sgr = new RegExp(`${String.fromCodePoint(0x1b)}\\[[0-9;:]*m`, 'g');

/** Visible text over any number of lines: no control, no colour, nothing that hides or reorders. */
export function visible(text: string): string {
  if (plain.test(text)) return text;
  return sanitiseText(text.toWellFormed(), { lineBytes: Infinity }).replaceAll(sgr, '');
}

/** The same on one line: line ends and tabs become single spaces. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll(/\s+/gu, ' ').trim();
}

/** Cuts to at most `length` code points and says that it did. */
export function clip(text: string, length: number): string {
  if (text.length <= length) return text;
  const points = Array.from(text);
  return points.length <= length ? text : `${points.slice(0, Math.max(0, length - 1)).join('')}…`;
}

/** argv as a person would type it: an element is quoted for POSIX sh where it needs to be. */
export function commandText(argv: readonly string[]): string {
  return argv.map(quoted).join(' ');
}

function quoted(element: string): string {
  return /^[\w@%+=:,./-]+$/.test(element) ? element : `'${element.replaceAll("'", String.raw`'\''`)}'`;
}

const unsafeInJson = /(?![\n])[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}<]/gu;

/**
 * JSON that is also inert where it is shown: in a terminal no control passes, in a browser no tag opens. Only
 * escapes are added, so it reads back as the same value.
 */
export function inertJson(value: unknown, indent = 0): string {
  return JSON.stringify(value, null, indent).replaceAll(unsafeInJson, (character) =>
    Array.from({ length: character.length }, (_, index) => unitName(character.charCodeAt(index))).join(''),
  );
}

const unitName = (unit: number): string => String.raw`\u${unit.toString(16).padStart(4, '0')}`;
