import stringWidth from 'string-width';
import { expect, test } from 'vitest';
import { graphemeSegmenter, graphemes, isNarrow } from '../../src/report/graphemes.ts';

const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
const cut = (text: string): readonly string[] =>
  Array.from(segmenter.segment(text), ({ segment }) => segment);

const narrow = Array.from({ length: 0x1_0000 }, (_, code) => String.fromCharCode(code)).filter((one) =>
  isNarrow(one),
);

test('what counts as narrow is neither wide, nor a picture, nor without width, nor a surrogate', () => {
  expect(narrow.length).toBeGreaterThan(1000);
  const odd = /\p{Emoji_Presentation}|\p{M}|\p{C}|\p{Zl}|\p{Zp}|[\u1100-\u115f\u2e80-\ud7a3\uf900-\uffe6]/u;
  expect(narrow.filter((one) => odd.test(one))).toEqual([]);
});

test('narrow characters are cut as the rules of Unicode cut them, whatever stands beside them', () => {
  const text = narrow.join('');
  expect(graphemes(text)).toEqual(cut(text));
  const mixed = [...narrow.join('').matchAll(/.{1,7}/gu)]
    .map(([part]) => part)
    .toReversed()
    .join('→…');
  expect(graphemes(mixed)).toEqual(cut(mixed));
});

test('the package that measures what is drawn gives every narrow character one cell, alone and in a row', () => {
  expect(narrow.filter((one) => stringWidth(one) !== 1)).toEqual([]);
  expect(stringWidth(narrow.join(''))).toBe(narrow.length);
});

test('the late segmenter answers as that of Unicode does, for texts with controls, colours and anything wide', () => {
  const late = graphemeSegmenter();
  const texts = [
    '',
    narrow.join('\u001b[31m'),
    'a\u0000b\u009bc\td\n\ne',
    'one\r\ntwo\rthree',
    '\u001b[1mé\u0301 日本 👩‍🚀\u001b[0m',
  ];
  for (const text of texts) {
    expect([...late.segment(text)].map(({ segment, index, input }) => ({ segment, index, input }))).toEqual(
      [...segmenter.segment(text)].map(({ segment, index, input }) => ({ segment, index, input })),
    );
    for (const at of [-1, 0, 1, 3, text.length])
      expect(late.segment(text).containing(at)?.index).toBe(segmenter.segment(text).containing(at)?.index);
    expect(late.segment(text).containing()?.segment).toBe(segmenter.segment(text).containing()?.segment);
  }
});

test.each(['e\u0301a', '👩‍🚀!', '日本', '©\ufe0f', '🇩🇪🇫🇷', 'a\u200db', '↔\ufe0f', '\u00ad'])(
  'what is more than narrow is asked of Unicode: %j',
  (text) => {
    expect(isNarrow(text)).toBe(false);
    expect(graphemes(text)).toEqual(cut(text));
  },
);
