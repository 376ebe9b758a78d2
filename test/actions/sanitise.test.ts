import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sanitiser, sanitiseText } from '../../src/actions/sanitise.ts';
import { hostile } from './hostile-sequences.ts';
import { cpuTimeOf } from '../fixtures/cpu-time.ts';

const esc = '\u001B';
const st = `${esc}\\`;
const colour = '(?:3[0-7]|4[0-7]|9[0-7]|10[0-7]|[34]8;5;\\d{1,3}|[34]8;2;\\d{1,3};\\d{1,3};\\d{1,3})';
const ownStyle = new RegExp(`${esc}\\[0(?:;[1-4])*(?:;${colour}){0,2}m`, 'gu');
const drawable = /^[\n\t\p{L}\p{N}\p{P}\p{S}\p{M} \u3000]*$/u;
const ignorable = /\p{Default_Ignorable_Code_Point}|\p{Bidi_Control}/u;

/** What is left of a sanitised text when its own styles are taken out: must be drawable and nothing else. */
function expectDrawable(text: string): void {
  const bare = text.replaceAll(ownStyle, '');
  expect(bare).toMatch(drawable);
  expect(bare).not.toMatch(ignorable);
  expect(bare).not.toMatch(/\p{M}{5}/u);
}

const inPieces = (bytes: Uint8Array, cuts: readonly number[]): string => {
  const one = sanitiser();
  let out = '';
  let from = 0;
  for (const cut of [
    ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ]) {
    out += one.push(bytes.subarray(from, cut));
    from = cut;
  }
  return out + one.end();
};

describe('Hostile sequences', () => {
  test('The table holds at least sixty of them', () => {
    expect(hostile.length).toBeGreaterThanOrEqual(60);
    expect(new Set(hostile.map(({ name }) => name)).size).toBe(hostile.length);
  });

  test.each(hostile)('$name draws only, and hides nothing after it', ({ bytes, shows }) => {
    const around = Buffer.concat([Buffer.from('before '), bytes, Buffer.from('\nafter\n')]);
    const out = inPieces(around, []);
    expectDrawable(out);
    expect(out.startsWith('before')).toBe(true);
    expect(out.endsWith('after\n') || out.endsWith(`after${esc}[0m\n`)).toBe(true);
    if (shows !== undefined) expect(out).toContain(shows);
  });

  test.each(hostile)('$name gives the same text byte by byte', ({ bytes }) => {
    const every = Array.from({ length: Math.min(bytes.length, 3_000) }, (_, at) => at);
    expect(inPieces(bytes, every)).toBe(inPieces(bytes, []));
  });

  test('A naive filter of escape sequences lets some of them through, so the table can see', () => {
    // eslint-disable-next-line no-control-regex -- this is the filter that people write
    const naive = (text: string) => text.replaceAll(/\u001B\[[0-9;]*[A-Za-z]/g, '');
    const through = hostile.filter(({ bytes }) => !drawable.test(naive(bytes.toString())));
    expect(through.length).toBeGreaterThan(30);
  });
});

describe('Any bytes in any pieces', () => {
  const alphabet = [
    esc,
    '[',
    ']',
    'P',
    '^',
    '_',
    'X',
    ';',
    ':',
    '?',
    '0',
    '3',
    '8',
    '52',
    'm',
    'h',
    'K',
    'A',
    '\u0007',
    '\\',
    '\r',
    '\n',
  ];
  const more = [
    '\t',
    '\b',
    'a',
    'é',
    '漢',
    '\u009B',
    '\u009D',
    '\u009C',
    '\u202E',
    '\u0301',
    '\u{E0041}',
    '\u{1F600}',
    '\uFE0F',
    ' ',
  ];
  const nasty = fc
    .array(fc.oneof(fc.constantFrom(...alphabet, ...more), fc.string({ maxLength: 3 })), { maxLength: 60 })
    .map((parts) => Buffer.from(parts.join('')));

  test('Only drawable text and our own styles come out', () => {
    fc.assert(
      fc.property(
        fc.oneof(nasty, fc.uint8Array({ maxLength: 200 })),
        fc.array(fc.nat(), { maxLength: 8 }),
        (bytes, cuts) => {
          const out = inPieces(bytes, cuts);
          expectDrawable(out);
          expect(out).toBe(inPieces(bytes, []));
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test('Every line can be shown alone: styles begin and end on it', () => {
    fc.assert(
      fc.property(nasty, (bytes) => {
        for (const line of inPieces(bytes, []).split('\n')) {
          const styles = line.match(ownStyle) ?? [];
          expect(styles.length === 0 || styles.at(-1) === `${esc}[0m`).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('Half a surrogate pair at the end of a piece waits for its other half', () => {
    const one = sanitiser();
    expect(one.push('\uD83D') + one.push('\uDE00') + one.push('\uD83D') + one.end()).toBe('😀\uFFFD');
  });
});

describe('Colours and weights', () => {
  test.each([
    ['red', `${esc}[31mx`, `${esc}[0;31mx${esc}[0m`],
    ['several at once', `${esc}[1;4;38;5;208mx`, `${esc}[0;1;4;38;5;208mx${esc}[0m`],
    ['true colour', `${esc}[38;2;10;200;30mx`, `${esc}[0;38;2;10;200;30mx${esc}[0m`],
    [
      'true colour with colons and a colour space',
      `${esc}[38:2::10:200:30mx`,
      `${esc}[0;38;2;10;200;30mx${esc}[0m`,
    ],
    ['an underline colour, whose numbers are not weights', `${esc}[58;5;1mx`, 'x'],
    ['one that is switched off again', `${esc}[1m${esc}[22mx`, 'x'],
    ['conceal, blink and reverse, which are not kept', `${esc}[8;5;7mx`, 'x'],
    ['black on black, which gets a colour that shows', `${esc}[30;40mx`, `${esc}[0;38;5;231;40mx${esc}[0m`],
    [
      'two spellings of the same colour',
      `${esc}[38;5;196;48;2;255;0;0mx`,
      `${esc}[0;38;5;16;48;2;255;0;0mx${esc}[0m`,
    ],
    ['black on whatever the terminal has', `${esc}[38;2;3;3;3mx`, 'x'],
    ['white on whatever the terminal has', `${esc}[97mx`, 'x'],
    ['a background alone, which gets letters to match', `${esc}[41mx`, `${esc}[0;38;5;231;41mx${esc}[0m`],
    ['numbers that are no colour', `${esc}[38;5;999;38;2;1;2mx`, 'x'],
  ])('Shows %s', (_name, text, shown) => {
    expect(sanitiseText(text)).toBe(shown);
  });

  test('A colour goes on over line ends, anew on each line', () => {
    expect(sanitiseText(`${esc}[32ma\nb${esc}[0m`)).toBe(`${esc}[0;32ma${esc}[0m\n${esc}[0;32mb${esc}[0m`);
  });
});

describe('Lines', () => {
  test.each([
    ['a return in the middle starts a new line', 'a\rb', 'a\nb'],
    ['a return before a line feed is one line end', 'a\r\nb\r\r\nc', 'a\nb\nc'],
    [
      'a progress display folds to its last state',
      '\r10% [#  ]\r20% [## ]\r30% [###]\ndone\n',
      '30% [###]\ndone\n',
    ],
    [
      'what stood before the first return stays',
      'get 1 kB/s\rget 2 MB/s\rget 3 MB/s\n',
      'get 1 kB/s\nget 3 MB/s\n',
    ],
    ['rewrites in other words stay', '\rdeleting orders\rall is well\n', 'deleting orders\nall is well\n'],
    ['returns at the end say nothing', 'a\r\r', 'a'],
    ['an erased and rewritten line starts anew', `a\r${esc}[2Kb\n`, 'a\nb\n'],
    ['a return and a reset before the feed add no line', `a\r${esc}[0m\nb`, 'a\nb'],
    ['a move along the line leaves a blank', `a${esc}[40Gb`, 'a b'],
    ['a move to another line starts a new one', `a${esc}[3Ab${esc}[H`, 'a\nb\n'],
    ['a backspace is shown', 'N\bN', 'N<BS>N'],
    ['form feed, vertical tab and NEL end a line', 'a\fb\vc\u0085d', 'a\nb\nc\nd'],
  ])('%s', (_name, text, shown) => {
    expect(sanitiseText(text)).toBe(shown);
  });

  test('A long line is cut with a mark, and the next one is whole', () => {
    const out = sanitiseText(`${'x'.repeat(500_000)}\nnext\n`);
    expect(out).toBe(`${'x'.repeat(4096)}<line cut>\nnext\n`);
    expect(sanitiseText('漢'.repeat(2_000))).toBe(`${'漢'.repeat(1_365)}<line cut>`);
  });

  test('A line is kept whole where the limit is lifted', () => {
    expect(sanitiseText('x'.repeat(500_000), { lineBytes: Infinity })).toHaveLength(500_000);
  });

  test('The line being rewritten is there for a live screen', () => {
    const one = sanitiser();
    expect(one.push('\rget 10%\rget 2')).toBe('');
    expect(one.held()).toBe('get 2');
    expect(one.push('0%\n')).toBe('get 20%\n');
    expect(one.held()).toBe('');
  });

  test('A rewritten line that never ends is passed on', () => {
    const one = sanitiser({ lineBytes: Infinity });
    expect(one.push(`\r${'x'.repeat(5_000)}`)).toHaveLength(5_000);
  });
});

describe('Strings that never end', () => {
  test.each(['OSC', 'DCS', 'APC', 'PM', 'SOS'])('An unterminated %s is shown at the line end', (kind) => {
    const opener = { OSC: ']', DCS: 'P', APC: '_', PM: '^', SOS: 'X' }[kind] ?? '';
    expect(sanitiseText(`${esc}${opener}0;approve?\nyes\n`)).toBe(`<${kind}>0;approve?\nyes\n`);
  });

  test('One without a line end is shown when it gets too long, and at the end', () => {
    expect(sanitiseText(`${esc}]0;${'x'.repeat(6_000)}`, { lineBytes: Infinity })).toBe(
      `<OSC>0;${'x'.repeat(6_000)}`,
    );
    expect(sanitiseText(`${esc}]0;abc`)).toBe('<OSC>0;abc');
  });

  test('A terminated one leaves only its name', () => {
    expect(sanitiseText(`a${esc}]52;c;c2VjcmV0\u0007b${esc}P$qm${st}c`)).toBe('a<OSC 52>b<DCS>c');
    expect(sanitiseText(`${esc}]8;;https://evil.example${st}text${esc}]8;;${st}`)).toBe('<OSC 8>text');
  });
});

test('The cost grows with the length and no faster', () => {
  const kinds = [
    'x',
    `${esc}[1mx`,
    `${esc}]0;`,
    'ab 1\r',
    esc,
    '\u0301',
    `${esc}[38;2;`,
    '\u009B',
    `${esc}P${esc}`,
    'a\b',
  ];
  for (const kind of kinds) {
    const time = (times: number) => {
      const text = kind.repeat(times);
      return Math.min(
        ...[0, 1, 2].map(() => cpuTimeOf(() => sanitiseText(text, { lineBytes: Infinity })).ms),
      );
    };
    time(5_000);
    const small = Math.max(time(20_000), 5);
    expect(time(200_000), JSON.stringify(kind)).toBeLessThan(small * 60);
  }
});
