import { describe, expect, test } from 'vitest';
import { known } from '../../../src/actions/measure/answer.ts';
import { parsePath, valueAt } from '../../../src/actions/measure/json-path.ts';
import { reduceValues, shapeValue } from '../../../src/actions/measure/shape-value.ts';
import { costRatio } from '../../fixtures/cpu-time.ts';

const document = '{"a":{"b":[{"c":1},{"c":null}]},"odd key":true,"__proto__":{"x":1},"text":"v2.0.0"}';

describe('A path into JSON', () => {
  test.each([
    ['$', JSON.parse(document)],
    ['$.a.b[0].c', 1],
    ['$.a.b[1].c', null],
    ["$['odd key']", true],
    ['$.text', 'v2.0.0'],
    ['$.gone', null],
    ['$.a.b[7]', null],
    ['$.gone.further', null],
    ['$.constructor', null],
    ['$.a.toString', null],
  ])('%s leads to its value, or to null where it is absent', (json, value) => {
    expect(shapeValue(known(document), { json, pattern: null })).toMatchObject({ ok: true, value });
  });

  test('One that leads into a plain value has no answer', () => {
    expect(shapeValue(known(document), { json: '$.text.length', pattern: null })).toMatchObject({
      ok: false,
      code: 'no_value',
    });
    expect(shapeValue(known(document), { json: '$.a.b.c', pattern: null })).toMatchObject({
      ok: false,
      code: 'no_value',
    });
  });

  test('What is not JSON says so, with its first line', () => {
    const answer = shapeValue(known('<html>\nmore'), { json: '$.a', pattern: null });
    expect(answer).toEqual({ ok: false, code: 'not_json', detail: 'It is not JSON: <html>' });
  });

  test('A command or server that failed is the better reason', () => {
    expect(
      shapeValue(known('', { exit: 2, text: 'no route\n' }), { json: '$.a', pattern: null }),
    ).toMatchObject({
      code: 'exit',
      detail: 'Exit code 2: no route',
    });
    expect(shapeValue(known('oops', { status: 503 }), { json: '$.a', pattern: null })).toMatchObject({
      code: 'status',
    });
  });

  test.each(['a.b', '$..a', '$.a[', '$.a[*]', '$.a b', '$[-1]', '$.'])('%s is no path', (path) => {
    expect(parsePath(path)).toBeNull();
  });

  test('A path over a value that is there already needs no text', () => {
    expect(valueAt([{ id: 4 }], parsePath('$[0].id') ?? [])).toBe(4);
  });
});

describe('A pattern', () => {
  test.each([
    ['the first group', 'version: v2.0.1 (build 7)', 'v(\\d+\\.\\d+\\.\\d+)', '2.0.1'],
    ['the whole match without one', 'exit 42', '\\d+', '42'],
    ['null without a match', 'nothing here', '\\d+', null],
    ['only the first match', 'a1 a2', 'a(\\d)', '1'],
  ])('Takes %s', (_name, text, pattern, value) => {
    expect(shapeValue(known(text), { json: null, pattern })).toMatchObject({ ok: true, value });
  });

  test('Is applied after the path, and not to what is absent', () => {
    expect(shapeValue(known(document), { json: '$.text', pattern: 'v(.*)' })).toMatchObject({
      value: '2.0.0',
    });
    expect(shapeValue(known(document), { json: '$.gone', pattern: '.*' })).toMatchObject({ value: null });
  });

  test('Takes linear time on what makes others explode', () => {
    const tried = (length: number) => () =>
      shapeValue(known(`${'a'.repeat(length)}!`), { json: null, pattern: '^(a+)+$' });
    expect(costRatio(tried(20_000), tried(200_000))).toBeLessThan(40);
  });

  test('One that is not RE2 is unknown', () => {
    expect(shapeValue(known('x'), { json: null, pattern: '(?=x)' })).toMatchObject({
      ok: false,
      code: 'bad_pattern',
    });
  });
});

describe('Several readings', () => {
  test.each([
    ['census', ['2.0.0', '2.0.0', '1.9.4'], { '2.0.0': 2, '1.9.4': 1 }],
    ['census', [true, null, 1, '1'], { true: 1, null: 1, '1': 2 }],
    ['census', ['__proto__'], JSON.parse('{"__proto__":1}')],
    ['last', [1, 2, 3], 3],
    ['count', ['a', null], 2],
    ['min', [3, '1.5', 2], 1.5],
    ['max', [3, 1e3], 1000],
    ['mean', [1, 2], 1.5],
    ['sum', [1, 2, '3'], 6],
    ['sum', [], 0],
  ] as const)('%s of %j', (reduction, values, value) => {
    expect(reduceValues(values, reduction)).toMatchObject({ ok: true, value });
  });

  test.each([
    ['mean', [], 'no_data'],
    ['min', ['high'], 'not_number'],
    ['max', [null], 'not_number'],
    ['sum', ['0x10'], 'not_number'],
    ['sum', ['Infinity'], 'not_number'],
  ] as const)('%s of %j is unknown', (reduction, values, code) => {
    expect(reduceValues(values, reduction)).toMatchObject({ ok: false, code });
  });
});
