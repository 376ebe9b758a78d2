import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { CanonicalValue } from '../../src/ledger/canonical.ts';
import { canonicalJson, wellFormed } from '../../src/ledger/canonical.ts';

const text = fc.string({ unit: 'binary' }).map((value) => value.toWellFormed());
const json = fc.letrec<{ value: CanonicalValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constant(null),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.integer(),
    text,
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(text, tie('value'), { maxKeys: 5, noNullPrototype: true }),
  ),
})).value;

/** JSON knows no minus zero. */
const withoutMinusZero = (value: CanonicalValue): unknown => JSON.parse(JSON.stringify(value));

test('gives back the same value when its text is parsed', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(withoutMinusZero(value));
    }),
    { numRuns: 500 },
  );
});

test('spells a value the same whatever the order of its keys', () => {
  const backwards = (value: CanonicalValue): CanonicalValue => {
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) return value.map(backwards);
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([key, member]) => [key, backwards(member)]),
    );
  };
  fc.assert(
    fc.property(json, (value) => {
      expect(canonicalJson(backwards(value))).toBe(canonicalJson(value));
    }),
    { numRuns: 500 },
  );
});

test('spells different values differently', () => {
  fc.assert(
    fc.property(json, json, (one, other) => {
      fc.pre(!Object.is(JSON.stringify(one), JSON.stringify(other)));
      const same = canonicalJson(one) === canonicalJson(other);
      // Only the order of keys may differ then, which a comparison by members does not see.
      if (same) expect(withoutMinusZero(one)).toEqual(withoutMinusZero(other));
    }),
    { numRuns: 500 },
  );
});

test('writes the example of RFC 8785 as the RFC does', () => {
  const value: unknown = JSON.parse(
    String.raw`{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],` +
      String.raw`"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false]}`,
  );
  expect(canonicalJson(value as CanonicalValue)).toBe(
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],` +
      String.raw`"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

test('sorts keys by UTF-16 code units, as RFC 8785 shows', () => {
  const keys = ['\u20ac', '\r', '\ufb33', '1', '\u{1f600}', '\u0080', '\u00f6'];
  const value = Object.fromEntries(keys.map((key) => [key, 0]));
  const order = [...canonicalJson(value).matchAll(/"((?:[^"\\]|\\.)*)":0/gu)].map(
    ([, key]) => JSON.parse(`"${key ?? ''}"`) as string,
  );
  expect(order).toEqual(['\r', '1', '\u0080', '\u00f6', '\u20ac', '\u{1f600}', '\ufb33']);
});

test.each([
  ['0000000000000000', '0'],
  ['8000000000000000', '0'],
  ['0000000000000001', '5e-324'],
  ['7fefffffffffffff', '1.7976931348623157e+308'],
  ['4340000000000000', '9007199254740992'],
  ['4430000000000000', '295147905179352830000'],
  ['44b52d02c7e14af5', '9.999999999999997e+22'],
  ['444b1ae4d6e2ef50', '1e+21'],
  ['3eb0c6f7a0b5ed8d', '0.000001'],
  ['3eb0c6f7a0b5ed8c', '9.999999999999997e-7'],
  ['41b3de4355555553', '333333333.3333332'],
  ['becbf647612f3696', '-0.0000033333333333333333'],
])('writes the double %s of RFC 8785 as %s', (hex, expected) => {
  expect(canonicalJson(Buffer.from(hex, 'hex').readDoubleBE())).toBe(expected);
});

test.each([Number.NaN, Infinity, '\ud800', { '\udfff': 1 }])(
  'refuses what I-JSON cannot carry: %o',
  (value) => {
    expect(() => canonicalJson(value as CanonicalValue)).toThrow(TypeError);
  },
);

test('makes broken text whole, and leaves whole text alone', () => {
  expect(wellFormed({ a: ['\ud800', 'ok'], '\udc00': 1 })).toEqual({ a: ['\ufffd', 'ok'], '\ufffd': 1 });
});
