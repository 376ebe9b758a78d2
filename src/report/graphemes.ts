/**
 * Characters that take one cell each, whatever stands beside them: ASCII, Latin letters, dashes and quotes, arrows, frames
 * and bars. What is not listed may be wide or part of another: it is asked of Unicode's rules.
 */
const narrow =
  '\\x20-\\x7e\\u00a1-\\u00ac\\u00ae-\\u02af\\u2010-\\u2027\\u2030-\\u205e\\u2190-\\u22ff\\u2500-\\u25fc\\u2713\\u2717';
const oneCellEach = new RegExp(`^[${narrow}]*$`);
/** Those and controls, which stand alone; a carriage return does not where a line feed follows it. */
const apart = new RegExp(`^[${narrow}\\x00-\\x0c\\x0e-\\x1f\\x7f-\\x9f]*$`);

/** Whether every character of a text is one cell wide, so that its length is its width. */
export const isNarrow = (text: string): boolean => oneCellEach.test(text);

let segmenter: Intl.Segmenter | undefined;

/**
 * Cuts texts into what people see as characters, as `new Intl.Segmenter()` does. That is made here and not before a text
 * needs it: making one takes as long as starting Node.
 */
export const graphemeSegmenter = (): Pick<Intl.Segmenter, 'segment'> => ({
  segment: (text) => {
    if (apart.test(text)) return eachAlone(text);
    segmenter ??= new Intl.Segmenter('en', { granularity: 'grapheme' });
    return segmenter.segment(text);
  },
});

function eachAlone(text: string): Intl.Segments {
  const at = (index: number): Intl.SegmentData => ({ segment: text.charAt(index), index, input: text });
  return {
    containing: (index = 0) => (index >= 0 && index < text.length ? at(index) : undefined),
    *[Symbol.iterator](): Generator<Intl.SegmentData, undefined> {
      for (let index = 0; index < text.length; index += 1) yield at(index);
      return undefined;
    },
  };
}

/** A text cut into what people see as characters. */
export const graphemes = (text: string): readonly string[] =>
  isNarrow(text) ? text.split('') : Array.from(graphemeSegmenter().segment(text), ({ segment }) => segment);
