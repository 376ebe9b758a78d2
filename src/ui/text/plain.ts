/**
 * The screen's own last line of defence: text arrives sanitised, and still nothing drawn here may break a line, move
 * the cursor or turn the writing direction. What cannot be drawn is shown by its number.
 */

const ordinary = /^[\x20-\x7e]*$/;

const undrawable = /[\p{Cc}\p{Cs}\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]/gu;

const named = (character: string): string => {
  if (character === '\n' || character === '\t' || character === '\r') return ' ';
  return `<U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;
};

/** One line: line breaks and tabs become blanks, everything else that draws nothing becomes `<U+…>`. */
export const plain = (text: string): string => (ordinary.test(text) ? text : text.replace(undrawable, named));

/** The lines of a text, each of them plain. A carriage return ends a line too. */
export const plainLines = (text: string): readonly string[] =>
  text.split(/\r\n|\n|\r/).map((line) => plain(line.replaceAll('\t', '    ')));
