import { expect, test } from 'vitest';
import { sanitiseLabel } from '../../src/actions/sanitise-label.ts';

test.each([
  ['a plain name', 'Roll the shop back', 'Roll the shop back'],
  ['an override of direction', 'ab\u202Ecd', 'ab<U+202E>cd'],
  ['tags', 'ok\u{E0041}', 'ok<U+E0041>'],
  ['a Cyrillic letter in a Latin word', 'р\u0430ypal\u0430 shop', '<U+0440><U+0430>ypal<U+0430> shop'],
  ['a whole word in Cyrillic', 'откат shop', 'откат shop'],
  ['accents', 'café', 'café'],
  ['an escape sequence', '\u001B[31mred\u001B[0m', '<ESC>[31mred<ESC>[0m'],
  ['line ends and tabs', 'a\r\nb\tc', 'a<CR><LF>b c'],
  ['heaped marks', `a${'\u0301'.repeat(50)}b`, `a${'\u0301'.repeat(4)}b`],
  ['half a surrogate pair', 'a\uD800', 'a\uFFFD'],
])('Shows %s on one line', (_name, text, shown) => {
  expect(sanitiseLabel(text)).toBe(shown);
});

test('A name of ten thousand symbols is cut with a mark', () => {
  expect(sanitiseLabel('x'.repeat(10_000))).toBe(`${'x'.repeat(200)}…`);
});
