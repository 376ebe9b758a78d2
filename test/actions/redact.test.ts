import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { redactor } from '../../src/actions/redact.ts';
import { OperatorError } from '../../src/errors.ts';

const token = 'tök/en+4711?&"x"';
const pem = `-----BEGIN PRIVATE KEY-----\n${['QUFBQUFBQUFBQUFB', 'ZZtopZZtopZZtop1', 'kkkkLLLLmmmmNNNN'].join('\n')}\n-----END PRIVATE KEY-----\n`;
const secrets = [
  { name: 'token', value: token },
  { name: 'key', value: pem },
  { name: 'overlap', value: 'abcabcabd' },
  { name: 'inner', value: 'cabc' },
  { name: 'loop', value: 'xyxy' },
];

const inPieces = (bytes: Uint8Array, cuts: readonly number[]): string => {
  const stream = redactor(secrets).stream();
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const cut of [
    ...cuts.map((cut) => cut % (bytes.length + 1)).toSorted((a, b) => a - b),
    bytes.length,
  ]) {
    // The caller may use its buffer again: what was given out and what is held must not change with it.
    const piece = Uint8Array.from(bytes.subarray(from, cut));
    parts.push(stream.push(piece));
    piece.fill(0x23);
    from = cut;
  }
  parts.push(stream.end());
  return Buffer.concat(parts).toString();
};

/** The same rule by the slowest means: every occurrence of every form, overlaps joined. */
const hasLeak = (text: string, forms: readonly string[]) => forms.some((form) => text.includes(form));

const formsOfToken = [
  token,
  JSON.stringify(token).slice(1, -1),
  'tök\\/en+4711?&\\"x\\"',
  't\\u00f6k/en+4711?&\\"x\\"',
  't\\u00F6k/en+4711?\\u0026\\"x\\"',
  encodeURIComponent(token),
  encodeURI(token),
  encodeURIComponent(token).replaceAll(/%../g, (code) => code.toLowerCase()),
  new URLSearchParams({ q: token }).toString().slice(2),
  Buffer.from(token).toString('hex'),
  Buffer.from(token).toString('hex').toUpperCase(),
  Buffer.from(token).toString('base64'),
  Buffer.from(token).toString('base64url'),
];

describe('What is masked', () => {
  const mask = redactor(secrets);

  test.each(formsOfToken)('The form %s', (form) => {
    expect(mask.text(`before ${form} after`)).toBe('before «token» after');
  });

  test.each([0, 1, 2, 3, 4, 5, 6, 7, 8])('Base64 of a text in which it stands after %i bytes', (offset) => {
    const whole = Buffer.from(`${'-'.repeat(offset)}${token} and more`);
    for (const encoding of ['base64', 'base64url'] as const) {
      const masked = mask.text(whole.toString(encoding));
      expect(masked).toContain('«token»');
      const rest = Buffer.from(masked.split('«token»').join(''), encoding).toString();
      expect(rest).not.toContain('4711');
    }
  });

  test('Each line of a secret that has several, and the whole of it as one', () => {
    expect(mask.text(`a ZZtopZZtopZZtop1 b`)).toBe('a «key» b');
    expect(mask.text(`a ${pem}b`)).toBe('a «key»b');
    expect(mask.text(pem.replaceAll('\n', '\r\n'))).not.toMatch(/ZZtop|QUFB|kkkk/);
  });

  test.each([64, 76])('Base64 that is wrapped at %i symbols', (width) => {
    const lines = Buffer.from(pem)
      .toString('base64')
      .match(new RegExp(`.{1,${width}}`, 'g'));
    expect(
      mask
        .text((lines ?? []).join('\n'))
        .replaceAll('«key»', '')
        .trim(),
    ).toBe('');
  });

  test('Occurrences that overlap are masked as one, under the name of the longest', () => {
    expect(mask.text('-abcabcabd-')).toBe('-«overlap»-');
    expect(mask.text('-cabcabcabcabd-')).toBe('-«overlap»-');
    expect(mask.text('-cabc-xyxyxyx')).toBe('-«inner»-«loop»x');
    expect(mask.text('xyxyxyxy'.repeat(1_000))).toBe('«loop»');
  });

  test('Nothing else is touched', () => {
    const text = 'tök/en+4711 and cab abab xyx 漢 «token»';
    expect(mask.text(text)).toBe(text);
    expect(redactor([]).text('as it is')).toBe('as it is');
  });

  test('Where nothing is secret bytes pass at once, and do not change with the buffer of the caller', () => {
    const stream = redactor([]).stream();
    const piece = Uint8Array.from([0xff, 0x00, 0x41]);
    const passed = stream.push(piece);
    piece.fill(0x23);
    expect([...passed]).toEqual([0xff, 0x00, 0x41]);
    expect(stream.end()).toHaveLength(0);
  });

  test('Bytes that are not UTF-8 pass unchanged', () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
    const stream = mask.stream();
    expect(Buffer.concat([stream.push(bytes), stream.end()])).toEqual(bytes);
  });
});

describe('However the bytes are cut', () => {
  const piece = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom(
        ...formsOfToken,
        pem,
        'abcabcabd',
        'cabc',
        'abcabcab',
        'xyx',
        'y',
        'ab',
        'tök/en',
      ),
    },
    { weight: 1, arbitrary: fc.string({ maxLength: 6 }) },
  );
  const text = fc.array(piece, { maxLength: 12 }).map((parts) => parts.join(''));

  test('The masked stream equals the masked whole, and holds no secret', () => {
    const whole = redactor(secrets);
    let leaks = 0;
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 40 }), (value, cuts) => {
        const masked = inPieces(Buffer.from(value), cuts);
        expect(masked).toBe(whole.text(value));
        if (hasLeak(masked, [...formsOfToken, 'ZZtop', 'abcabcabd', 'cabc', 'xyxy'])) leaks += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(leaks).toBe(0);
  });

  test('Byte by byte, too', () => {
    const value = `a ${pem} b ${formsOfToken.join(' ')} c`;
    const bytes = Buffer.from(value);
    expect(inPieces(bytes, Array.from(bytes.keys()))).toBe(redactor(secrets).text(value));
  });

  test('Masking each piece by itself leaks, so the harness can see', () => {
    const mask = redactor(secrets);
    const cut = 'a abcabcabd b';
    expect(mask.text(cut.slice(0, 6)) + mask.text(cut.slice(6))).toContain('abcabcabd');
  });

  test('No more is held back than may still become a secret', () => {
    const stream = redactor([{ name: 'k', value: 'abcdefgh' }]).stream();
    expect(Buffer.from(stream.push(Buffer.from('hello abcd'))).toString()).toBe('hello ');
    expect(Buffer.from(stream.push(Buffer.from('x'))).toString()).toBe('abcdx');
  });
});

describe('What is refused', () => {
  test.each(['abc', '', '   a  ', 'password', 'Production', '8080', '12345', 'aaaaaaaa', 'x1'.repeat(9_000)])(
    'The secret %j',
    (value) => {
      expect(() => redactor([{ name: 'weak', value }])).toThrow(OperatorError);
    },
  );

  test('The refusal names the secret and does not show it', () => {
    expect(() => redactor([{ name: 'weak', value: 'password' }])).toThrow(
      /^The secret `weak` is a common word/,
    );
    expect(() => redactor([{ name: 'weak', value: 'qz9' }])).not.toThrow(/qz9/);
  });

  test('A line of a longer secret that is a common word is left readable', () => {
    expect(
      redactor([{ name: 'file', value: 'user\npostgres\nq8s7d6f5g4\n' }]).text('user postgres q8s7d6f5g4'),
    ).toBe('user postgres «file»');
  });
});
