import { plain } from './text/plain.ts';
import type { Row } from './text/row.ts';

/**
 * What a piece of text means. Colour only underlines what a glyph and a word already say; all are of the terminal's own
 * 16 colours, so that they follow its scheme.
 */
export const roles = [
  'strong',
  'dim',
  'title',
  'good',
  'bad',
  'unknown',
  'running',
  'danger',
  'live',
  'calm',
  'drill',
  'readonly',
  'key',
  'code',
  'border',
  'focus',
  'selected',
  'prompt',
  'input',
  'match',
] as const;
export type Role = (typeof roles)[number];

/** SGR codes with colour, and without (`NO_COLOR`): weight and reverse video are not colours. */
const codes: Readonly<Record<Role, readonly [string, string]>> = {
  strong: ['1', '1'],
  dim: ['2', '2'],
  title: ['1', '1'],
  good: ['32', ''],
  bad: ['31;1', '1'],
  unknown: ['33;1', '1'],
  running: ['36;1', '1'],
  danger: ['41;97;1', '7;1'],
  live: ['41;97;1', '7;1'],
  calm: ['43;30;1', '7;1'],
  drill: ['46;30;1', '7'],
  readonly: ['45;97;1', '7'],
  key: ['36', '1'],
  code: ['36', ''],
  border: ['2', '2'],
  focus: ['36;1', '1'],
  selected: ['7', '7'],
  prompt: ['33;1', '1'],
  input: ['4', '4'],
  match: ['30;43', '7'],
};

export interface Theme {
  readonly color: boolean;
}

const escape = '\u001b[';

/** A row as the bytes that draw it; every style it opens it closes, and no text of it can do more than be drawn. */
export function paintRow(spans: Row, theme: Theme): string {
  let painted = '';
  for (const { text, role, sgr } of spans) {
    const code = role === undefined ? (theme.color ? (sgr ?? '') : '') : codes[role][theme.color ? 0 : 1];
    const shown = plain(text);
    painted += code === '' ? shown : `${escape}${code}m${shown}${escape}0m`;
  }
  return painted;
}
