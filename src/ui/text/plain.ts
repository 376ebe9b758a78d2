/**
 * The screen's own last line of defence: text arrives sanitised, and still nothing drawn here may break a line, move
 * the cursor or turn the writing direction. What cannot be drawn is shown by its number.
 */

const ordinary = /^[\x20-\x7e]*$/;

const undrawable =
  // eslint-disable-next-line no-control-regex
  /[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\p{Cs}\u{e0000}-\u{e0fff}]/gu;

const named = (character: string): string => {
  if (character === '\n' || character === '\t' || character === '\r') return ' ';
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;
};

/** One line: line breaks and tabs become blanks, everything else that draws nothing becomes `<U+…>`. */
export const plain = (text: string): string => (ordinary.test(text) ? text : text.replace(undrawable, named));

/** The lines of a text, each of them plain. A carriage return ends a line too. */
export const plainLines = (text: string): readonly string[] =>
  text.split(/\r\n|\n|\r/).map((line) => plain(line.replaceAll('\t', '    ')));
