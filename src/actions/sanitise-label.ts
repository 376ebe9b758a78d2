import { kindOf, nameOf } from './terminal/glyphs.ts';

const words = /[\p{L}\p{M}]+/gu;
const latin = /\p{Script=Latin}/u;
/** Scripts with letters that pass for Latin ones. */
const lookalike =
  /[\p{Script=Cyrillic}\p{Script=Greek}\p{Script=Armenian}\p{Script=Cherokee}\p{Script=Lisu}]/gu;

/**
 * Sanitises a name or title for one line: no colours, no line breaks, at most `longest` symbols. Letters that
 * imitate Latin ones inside a Latin word are spelled out too, so that two names that look alike are alike.
 */
export function sanitiseLabel(text: string, longest = 200): string {
  const told = text.toWellFormed().replace(words, (word) => {
    if (!latin.test(word)) return word;
    return word.replace(lookalike, (letter) => nameOf(letter.codePointAt(0) ?? 0));
  });
  let label = '';
  let count = 0;
  let marks = 4;
  for (const symbol of told) {
    const code = symbol.codePointAt(0) ?? 0;
    const kind = code >= 0x20 && code < 0x7f ? 'glyph' : code < 0x80 ? 'hidden' : kindOf(code);
    if (kind === 'presentation' || (kind === 'mark' && marks >= 4)) continue;
    if (count >= longest) return `${label}…`;
    marks = kind === 'mark' ? marks + 1 : 0;
    if (kind === 'hidden')
      label += code === 0x0a ? '<LF>' : code === 0x0d ? '<CR>' : code === 0x09 ? ' ' : nameOf(code);
    else label += kind === 'space' ? ' ' : symbol;
    count += 1;
  }
  return label;
}
