/**
 * Characters that take one cell each, whatever stands beside them: ASCII, Latin letters, dashes and quotes, arrows, frames
 * and bars. What is not listed may be wide or part of another: it is asked of Unicode's rules.
 */
const oneCellEach =
  /^[\x20-\x7e\u00a1-\u00ac\u00ae-\u02af\u2010-\u2027\u2030-\u205e\u2190-\u22ff\u2500-\u25fc\u2713\u2717]*$/;

/** Whether every character of a text is one cell wide, so that its length is its width. */
export const isNarrow = (text: string): boolean => oneCellEach.test(text);

let segmenter: Intl.Segmenter | undefined;

/** A text cut into what people see as characters. */
export function graphemes(text: string): readonly string[] {
  if (isNarrow(text)) return text.split('');
  // made here and not before: making one takes as long as starting Node
  segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}
