import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { commandLine, quoteArgument, shownCommand } from '../../src/ui/text/argv.ts';
import { markdownRows } from '../../src/ui/text/markdown.ts';
import { plain, plainLines } from '../../src/ui/text/plain.ts';
import { fitRow, row, rowText, rowWidth, span, spreadRow } from '../../src/ui/text/row.ts';
import { parseSgr } from '../../src/ui/text/sgr.ts';
import { takeColumns, textWidth } from '../../src/ui/text/width.ts';
import { hardWrapRow, wrapRow } from '../../src/ui/text/wrap.ts';

describe('plain', () => {
  test.each([
    ['two\nlines', 'two lines'],
    ['a\ttab', 'a tab'],
    ['\u001b[2Jgone', '<U+001B>[2Jgone'],
    ['\u001b]52;c;aGk=\u0007', '<U+001B>]52;c;aGk=<U+0007>'],
    ['safe\u202Eevil', 'safe<U+202E>evil'],
    ['zero\u200bwidth', 'zero<U+200B>width'],
    ['\u009b31mC1', '<U+009B>31mC1'],
    ['\ud800 alone', '<U+D800> alone'],
    ['líneas 日本 ok', 'líneas 日本 ok'],
  ])('shows %j as %j', (text, shown) => {
    expect(plain(text)).toBe(shown);
  });

  test('never leaves anything that could move the cursor or break a line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        // eslint-disable-next-line no-control-regex
        expect(plain(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/);
      }),
    );
  });

  test('splits lines at every kind of line end', () => {
    expect(plainLines('a\r\nb\rc\nd')).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('widths', () => {
  test.each([
    ['', 0],
    ['abc', 3],
    ['日本', 4],
    ['é', 1],
    ['e\u0301', 1],
    ['한', 2],
    ['🚀', 2],
    ['▌▐◷⏱', 4],
    ['✓✗▲▶', 4],
  ])('%j takes %i columns', (text, columns) => {
    expect(textWidth(text)).toBe(columns);
  });

  test.each([
    ['日本', 3, '日'],
    ['abc', 2, 'ab'],
    ['e\u0301x', 1, 'e\u0301'],
    ['abc', 0, ''],
  ])('takes of %j within %i columns %j', (text, columns, taken) => {
    expect(takeColumns(text, columns)).toBe(taken);
  });
});

const texts = fc.string({ unit: fc.constantFrom('a', 'bc', ' ', '日', 'é', '-', '▲', 'word ') });
const rows = fc
  .array(fc.tuple(texts, fc.constantFrom('good', 'bad', undefined)), { maxLength: 6 })
  .map((parts) => parts.map(([text, role]) => span(text, role)));

describe('rows', () => {
  test('are exactly as wide as their place', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 40 }), (spans, columns) => {
        expect(rowWidth(fitRow(spans, columns))).toBe(columns);
        expect(rowWidth(spreadRow(spans, row('right'), columns))).toBe(columns);
      }),
    );
  });

  test('say where they were cut', () => {
    expect(rowText(fitRow(row('a long title'), 6))).toBe('a lon…');
  });

  test('wrap within their place and lose nothing but blanks', () => {
    fc.assert(
      fc.property(
        rows,
        fc.integer({ min: 2, max: 40 }),
        fc.integer({ min: 0, max: 4 }),
        (spans, columns, indent) => {
          const wrapped = wrapRow(spans, columns, indent);
          for (const line of wrapped) expect(rowWidth(line)).toBeLessThanOrEqual(columns);
          expect(wrapped.map(rowText).join('').replaceAll(' ', '')).toBe(rowText(spans).replaceAll(' ', ''));
        },
      ),
    );
  });

  test('wrap at the edge without losing or adding a character', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 2, max: 40 }), (spans, columns) => {
        const wrapped = hardWrapRow(spans, columns);
        for (const line of wrapped) expect(rowWidth(line)).toBeLessThanOrEqual(columns);
        expect(wrapped.map(rowText).join('')).toBe(rowText(spans));
      }),
    );
  });
});

describe('output colours', () => {
  test.each([
    ['plain', [{ text: 'plain' }]],
    ['\u001b[32mok\u001b[0m done', [{ text: 'ok', sgr: '32' }, { text: ' done' }]],
    ['\u001b[1m\u001b[31mbad\u001b[mrest', [{ text: 'bad', sgr: '1;31' }, { text: 'rest' }]],
    ['\u001b[0;33mwarn', [{ text: 'warn', sgr: '33' }]],
    ['\u001b[2Jhostile', [{ text: '<U+001B>[2Jhostile' }]],
  ])('%j', (line, spans) => {
    expect(parseSgr(line, true)).toEqual(spans);
  });

  test('are dropped where colours are not wanted', () => {
    expect(parseSgr('\u001b[32mok\u001b[0m', false)).toEqual([{ text: 'ok' }]);
  });
});

describe('commands', () => {
  test.each([
    ['plain-1.9.3', 'plain-1.9.3'],
    ['two words', `'two words'`],
    [`it's`, `'it'\\''s'`],
    ['', `''`],
    ['$HOME;rm', `'$HOME;rm'`],
  ])('quotes %j as %j', (argument, quoted) => {
    expect(quoteArgument(argument)).toBe(quoted);
  });

  test('show every line of a shell script', () => {
    expect(shownCommand(['sh', '-c', 'set -e\nkubectl rollout undo deploy/shop\n'])).toEqual([
      'set -e',
      'kubectl rollout undo deploy/shop',
    ]);
    expect(commandLine(['psql', '-c', 'select 1'])).toBe(`psql -c 'select 1'`);
  });
});

test('an author can use headings, lists, emphasis, code and links', () => {
  const text =
    '# Why\nThe **old** release needs `v41`.\n\n- first\n- see [the page](https://x.example)\n1. one\n```\n$ raw *x*\n```';
  expect(markdownRows(text, 60).map((line) => rowText(line))).toEqual([
    'Why',
    'The old release needs v41.',
    '',
    '• first',
    '• see the page (https://x.example)',
    '1. one',
    '  $ raw *x*',
  ]);
});
