import { describe, expect, test } from 'vitest';
import { absentCodes, refusalCodes } from '../../src/judge/condition.ts';
import { sameValue } from '../../src/judge/equality.ts';
import { judge } from '../../src/judge/tolerance.ts';
import type { FilledCondition, MeasuredValue } from '../../src/judge/measured.ts';
import type { Json } from '../../src/runbook/model/values.ts';

type Extra = {
  readonly exit?: number;
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
};
const measured = (value: Json, { exit, status, headers }: Extra = {}): MeasuredValue => ({
  ok: true,
  value,
  exit: exit ?? null,
  status: status ?? null,
  headers: headers ?? {},
  text: String(value),
});
const missed = (code: string): MeasuredValue => ({ ok: false, code, detail: `because of ${code}` });
const judged = (value: MeasuredValue, ...conditions: readonly FilledCondition[]) => {
  const { result, code } = judge(value, conditions);
  return code === null ? result : `${result} ${code}`;
};
const no = 'fail not_as_expected';

describe('equality', () => {
  test.each<readonly [Json, Json]>([
    [42, 42],
    ['42', 42],
    [' 42\n', 42],
    ['42.0', 42],
    ['1e3', 1000],
    ['running\n', 'running'],
    ['', ''],
    [true, true],
    ['true', true],
    [false, 'false'],
    [null, null],
    [
      [1, '2'],
      ['1', 2],
    ],
    [
      { a: 1, b: [] },
      { b: [], a: '1' },
    ],
  ])('%j is the same as %j, both ways round', (left, right) => {
    expect([sameValue(left, right), sameValue(right, left)]).toEqual([true, true]);
  });

  test.each<readonly [Json, Json]>([
    [42, 43],
    ['42', '42.0'],
    ['0x2a', 42],
    ['42 rows', 42],
    ['', 0],
    [null, 0],
    [null, ''],
    [false, null],
    [true, 1],
    ['1', true],
    ['Running', 'running'],
    [NaN, NaN],
    [[1], [1, 2]],
    [[], {}],
    [{ a: 1 }, { b: 1 }],
    [{ a: null }, {}],
    [{}, []],
    ['[]', []],
  ])('%j is not the same as %j, either way round', (left, right) => {
    expect([sameValue(left, right), sameValue(right, left)]).toEqual([false, false]);
  });
});

const table: readonly (readonly [string, MeasuredValue, FilledCondition, string])[] = [
  ['equals the value', measured('42'), { kind: 'equals', value: 42 }, 'pass'],
  ['equals another', measured('running'), { kind: 'equals', value: 'paused' }, no],
  ['equals nothing, and nothing is there', measured(null), { kind: 'equals', value: null }, 'pass'],
  ['NaN equals nothing', measured(NaN), { kind: 'equals', value: 1 }, 'unknown nan'],
  ['NaN is not a "not" either', measured('NaN'), { kind: 'not', value: 1 }, 'unknown nan'],
  ['not that value', measured('a'), { kind: 'not', value: 'b' }, 'pass'],
  ['not, but it is', measured('b'), { kind: 'not', value: 'b' }, no],
  ['matches somewhere', measured('all 4 ready'), { kind: 'matches', pattern: '\\d+ ready' }, 'pass'],
  ['does not match', measured('pending'), { kind: 'matches', pattern: '^ready$' }, no],
  ['matches over JSON text', measured({ state: 'ok' }), { kind: 'matches', pattern: '"state":"ok"' }, 'pass'],
  ['nothing to match', measured(null), { kind: 'matches', pattern: '.*' }, 'unknown no_data'],
  ['a pattern that is none', measured('a'), { kind: 'matches', pattern: '(' }, 'unknown bad_pattern'],
  ['look-ahead is not RE2', measured('a'), { kind: 'matches', pattern: '(?=a)' }, 'unknown bad_pattern'],
  ['in the list', measured('2'), { kind: 'in', values: [1, 2] }, 'pass'],
  ['not in the list', measured('3'), { kind: 'in', values: [1, 2] }, no],
  ['between, low end', measured(1), { kind: 'between', low: 1, high: 2 }, 'pass'],
  ['between, high end', measured('2'), { kind: 'between', low: 1, high: 2 }, 'pass'],
  ['below between', measured(0.99), { kind: 'between', low: 1, high: 2 }, no],
  ['above between', measured(2.01), { kind: 'between', low: 1, high: 2 }, no],
  ['between the wrong way round', measured(1), { kind: 'between', low: 2, high: 1 }, 'unknown bad_bound'],
  ['less', measured(1), { kind: 'compare', op: '<', value: 2 }, 'pass'],
  ['not less', measured(2), { kind: 'compare', op: '<', value: 2 }, no],
  ['at most', measured(2), { kind: 'compare', op: '<=', value: 2 }, 'pass'],
  ['over the most', measured(2.1), { kind: 'compare', op: '<=', value: 2 }, no],
  ['more', measured(3), { kind: 'compare', op: '>', value: 2 }, 'pass'],
  ['not more', measured(2), { kind: 'compare', op: '>', value: 2 }, no],
  ['at least', measured(2), { kind: 'compare', op: '>=', value: 2 }, 'pass'],
  ['under the least', measured(1.9), { kind: 'compare', op: '>=', value: 2 }, no],
  ['NaN below a limit', measured(NaN), { kind: 'compare', op: '<', value: 2 }, 'unknown nan'],
  ['the text NaN below a limit', measured('NaN'), { kind: 'compare', op: '<', value: 2 }, 'unknown nan'],
  ['infinity', measured('+Inf'), { kind: 'compare', op: '>', value: 2 }, 'unknown nan'],
  ['words below a limit', measured('few'), { kind: 'compare', op: '<', value: 2 }, 'unknown not_a_number'],
  ['an empty text is not zero', measured(''), { kind: 'compare', op: '<', value: 2 }, 'unknown not_a_number'],
  ['nothing is not zero', measured(null), { kind: 'compare', op: '<', value: 2 }, 'unknown no_data'],
  ['true is not one', measured(true), { kind: 'compare', op: '<', value: 2 }, 'unknown not_a_number'],
  ['a limit that is no number', measured(1), { kind: 'compare', op: '<', value: NaN }, 'unknown bad_bound'],
  ['the exit code', measured('', { exit: 3 }), { kind: 'exit', value: 3 }, 'pass'],
  ['another exit code', measured('', { exit: 1 }), { kind: 'exit', value: 0 }, no],
  ['an exit code of what has none', measured(''), { kind: 'exit', value: 0 }, 'unknown no_exit'],
  ['the status', measured('', { status: 503 }), { kind: 'status', value: 503 }, 'pass'],
  ['another status', measured('', { status: 200 }), { kind: 'status', value: 503 }, no],
  ['a status of what has none', measured(''), { kind: 'status', value: 200 }, 'unknown no_status'],
  [
    'a header in any case',
    measured('', { status: 200, headers: { 'x-version': '1.9' } }),
    { kind: 'header', name: 'X-Version', value: '1.9', absent: false },
    'pass',
  ],
  [
    'another header value',
    measured('', { status: 200, headers: { 'X-Version': '2.0' } }),
    { kind: 'header', name: 'x-version', value: '1.9', absent: false },
    no,
  ],
  [
    'any value of a header',
    measured('', { status: 200, headers: { a: '' } }),
    { kind: 'header', name: 'a', value: null, absent: false },
    'pass',
  ],
  [
    'a header that is missing',
    measured('', { status: 200 }),
    { kind: 'header', name: 'a', value: null, absent: false },
    no,
  ],
  [
    'a header that must be missing',
    measured('', { status: 200 }),
    { kind: 'header', name: 'a', value: null, absent: true },
    'pass',
  ],
  [
    'a header that must be missing and is not',
    measured('', { status: 200, headers: { a: '1' } }),
    { kind: 'header', name: 'a', value: null, absent: true },
    no,
  ],
  [
    'a header of what is not HTTP',
    measured(''),
    { kind: 'header', name: 'a', value: null, absent: true },
    'unknown no_status',
  ],
  ['absent', measured(null), { kind: 'absent', value: true }, 'pass'],
  ['empty is not absent', measured(''), { kind: 'absent', value: true }, no],
  ['present', measured(0), { kind: 'absent', value: false }, 'pass'],
  ['present, but absent', measured(null), { kind: 'absent', value: false }, no],
  ['fails by its exit code', measured('', { exit: 1 }), { kind: 'fails', value: true }, 'pass'],
  ['fails by its status', measured('', { status: 503 }), { kind: 'fails', value: true }, 'pass'],
  ['should fail and does not', measured('', { exit: 0 }), { kind: 'fails', value: true }, no],
  ['should fail and answers', measured('', { status: 200 }), { kind: 'fails', value: true }, no],
  ['must not fail', measured('', { exit: 0 }), { kind: 'fails', value: false }, 'pass'],
  ['must not fail and does', measured('', { exit: 2 }), { kind: 'fails', value: false }, no],
  ['items of a list', measured([1, 2]), { kind: 'count', value: 2 }, 'pass'],
  ['different values of a census', measured({ '1.9': 3, '2.0': 1 }), { kind: 'count', value: 2 }, 'pass'],
  ['lines of a text', measured('a\n\nb\n'), { kind: 'count', value: 2 }, 'pass'],
  ['a count already', measured('7'), { kind: 'count', value: 7 }, 'pass'],
  ['nothing is none', measured(null), { kind: 'count', value: 0 }, 'pass'],
  ['another count', measured([]), { kind: 'count', value: 1 }, no],
  ['what cannot be counted', measured(true), { kind: 'count', value: 1 }, 'unknown not_countable'],
  ['a census of one value', measured({ '1.9.3': 20 }), { kind: 'all', value: '1.9.3' }, 'pass'],
  ['a census with one left over', measured({ '1.9.3': 19, '2.0.0': 1 }), { kind: 'all', value: '1.9.3' }, no],
  [
    'every instance on one',
    measured({ shop1: '1.9.3', shop2: '1.9.3' }),
    { kind: 'all', value: '1.9.3' },
    'pass',
  ],
  [
    'one instance that does not answer',
    measured({ shop1: '1.9.3', shop2: null }),
    { kind: 'all', value: '1.9.3' },
    no,
  ],
  ['a census that saw nothing', measured({}), { kind: 'all', value: '1.9.3' }, 'unknown no_data'],
  [
    'a value seen no time does not count',
    measured({ '1.9.3': 4, '2.0.0': 0 }),
    { kind: 'all', value: '1.9.3' },
    'pass',
  ],
  ['a list of one value', measured(['a', 'a']), { kind: 'all', value: 'a' }, 'pass'],
  ['one plain value', measured(3), { kind: 'all', value: '3' }, 'pass'],
  [
    'an expression that holds',
    measured(1),
    { kind: 'cel', source: 'value == 1', result: 'pass', detail: '' },
    'pass',
  ],
  [
    'an expression that does not',
    measured(1),
    { kind: 'cel', source: 'value == 2', result: 'fail', detail: '' },
    no,
  ],
  [
    'an expression without its values',
    measured(1),
    { kind: 'cel', source: 'x', result: 'unknown', detail: 'x is unset' },
    'unknown unset',
  ],
  ['one format that can be read', measured(1), { kind: 'formats', values: [1, 2] }, 'pass'],
  ['formats that can all be read', measured([1, '2', 1]), { kind: 'formats', values: [1, 2] }, 'pass'],
  ['nothing stored', measured(null), { kind: 'formats', values: [1] }, 'pass'],
  ['one among them that cannot be read', measured([1, 2]), { kind: 'formats', values: [1] }, no],
  [
    'something that is no format',
    measured([{ format: 1 }]),
    { kind: 'formats', values: [1] },
    'unknown no_format',
  ],
  ['a person says yes', measured('calm'), { kind: 'words', text: 'calm?', answer: 'pass' }, 'pass'],
  ['a person says no', measured('calm'), { kind: 'words', text: 'calm?', answer: 'fail' }, no],
  [
    'a person cannot tell',
    measured('calm'),
    { kind: 'words', text: 'calm?', answer: 'unclear' },
    'unknown unclear',
  ],
  ['the answer is the value', measured('pass'), { kind: 'words', text: 'calm?' }, 'pass'],
  ['nobody was asked', measured('calm'), { kind: 'words', text: 'calm?' }, 'unknown needs_person'],
];

describe('one condition', () => {
  test.each(table)('%s', (_title, value, condition, expected) => {
    expect(judged(value, condition)).toBe(expected);
  });

  test('the table has a row for every kind', () => {
    const kinds = new Set(table.map(([, , { kind }]) => kind));
    const all: Readonly<Record<Exclude<FilledCondition['kind'], 'same'>, true>> = {
      equals: true,
      not: true,
      all: true,
      matches: true,
      in: true,
      formats: true,
      between: true,
      compare: true,
      exit: true,
      status: true,
      count: true,
      header: true,
      absent: true,
      fails: true,
      cel: true,
      words: true,
    };
    expect([...kinds].toSorted()).toEqual(Object.keys(all).toSorted());
  });

  test.each(table.filter(([, , { kind }]) => kind !== 'fails' && kind !== 'absent'))(
    'without a measurement it is unknown with its code (%s)',
    (_title, _value, condition) => {
      expect(judged(missed('no_data'), condition)).toBe('unknown no_data');
      expect(judged(missed('connection'), condition)).toBe('unknown connection');
    },
  );

  test('“as before” compares with the baseline, and is unknown without one', () => {
    const same = { kind: 'same', value: true } as const;
    expect(judge(measured('37'), [same], 37)).toMatchObject({ result: 'pass', code: null });
    expect(judge(measured(36), [same], 37)).toMatchObject({ result: 'fail', detail: '36 now, 37 before' });
    expect(judge(measured(null), [same], null)).toMatchObject({ result: 'pass' });
    expect(judge(measured(37), [same])).toMatchObject({ result: 'unknown', code: 'no_baseline' });
    expect(judge(measured(NaN), [same], NaN)).toMatchObject({ result: 'unknown', code: 'nan' });
    expect(judge(measured(36), [{ kind: 'same', value: false }], 37)).toMatchObject({ result: 'pass' });
  });
});

describe('what could not be measured', () => {
  const fails = (value: boolean): FilledCondition => ({ kind: 'fails', value });
  const absent = (value: boolean): FilledCondition => ({ kind: 'absent', value });

  test.each([...refusalCodes])('%s is what `fails` asks for, and says nothing of absence', (code) => {
    expect(judged(missed(code), fails(true))).toBe('pass');
    expect(judged(missed(code), fails(false))).toBe(no);
    expect(judged(missed(code), absent(true))).toBe(`unknown ${code}`);
  });

  test('the codes of a refusal are exactly those by which the other side said no', () => {
    expect([...refusalCodes].toSorted()).toEqual(['denied', 'exit', 'query', 'status']);
  });

  test.each([
    'timeout',
    'missing_tool',
    'unset',
    'stopped',
    'not_started',
    'signalled',
    'connection',
    'dns',
    'tls',
    'busy',
    'writes',
    'nan',
    'stale',
    'too_large',
    'not_json',
    'some_later_code',
  ])('%s is never what `fails` or `absent` asks for', (code) => {
    for (const value of [true, false]) {
      expect(judged(missed(code), fails(value))).toBe(`unknown ${code}`);
      expect(judged(missed(code), absent(value))).toBe(`unknown ${code}`);
    }
  });

  test('a port that nobody listens on fails; ssh that does not get through says nothing of the command', () => {
    const closed = { ok: false, code: 'connection', detail: 'connect ECONNREFUSED 127.0.0.1:5432' } as const;
    const ssh = {
      ok: false,
      code: 'connection',
      detail: 'ssh: connect to host db port 22: Connection refused',
    } as const;
    expect(judged(closed, fails(true))).toBe('pass');
    expect(judged(closed, fails(false))).toBe(no);
    expect(judged(closed, { kind: 'equals', value: true })).toBe('unknown connection');
    expect(judged(ssh, fails(true))).toBe('unknown connection');
  });

  test.each([...absentCodes])('%s is what `absent` asks for, and no failure', (code) => {
    expect(judged(missed(code), absent(true))).toBe('pass');
    expect(judged(missed(code), absent(false))).toBe(no);
    expect(judged(missed(code), fails(true))).toBe(`unknown ${code}`);
  });
});

describe('a value that came with a failure', () => {
  const not = { kind: 'not', value: 'red' } as const;

  test('is no measurement: `not` does not pass on an error page', () => {
    expect(judged(measured('green', { exit: 1 }), not)).toBe('unknown exit');
    expect(judged(measured('green', { status: 400 }), not)).toBe('unknown status');
    expect(judged(measured('green', { status: 399 }), not)).toBe('pass');
  });

  test('is one where the tolerance says which exit or status is good', () => {
    expect(judged(measured('green', { exit: 3 }), not, { kind: 'exit', value: 3 })).toBe('pass');
    expect(judged(measured('red', { exit: 3 }), not, { kind: 'exit', value: 3 })).toBe(no);
    expect(judged(measured('green', { status: 503 }), not, { kind: 'status', value: 503 })).toBe('pass');
    expect(judged(measured('green', { exit: 1 }), not, { kind: 'fails', value: true })).toBe('pass');
  });

  test('404 and 410 say that it is absent, other errors do not', () => {
    const gone = { kind: 'absent', value: true } as const;
    expect(judged(measured('page', { status: 404 }), gone)).toBe('pass');
    expect(judged(measured('page', { status: 410 }), { kind: 'absent', value: false })).toBe(no);
    expect(judged(measured('page', { status: 500 }), gone)).toBe('unknown status');
    expect(judged(measured('page', { status: 404 }), not)).toBe('unknown status');
  });
});

describe('several conditions', () => {
  const exit = { kind: 'exit', value: 0 } as const;

  test('all must hold; a failure decides before what is unknown', () => {
    expect(judged(measured('4', { exit: 0 }), exit, { kind: 'equals', value: 4 })).toBe('pass');
    expect(judged(measured('x', { exit: 0 }), exit, { kind: 'compare', op: '<', value: 4 })).toBe(
      'unknown not_a_number',
    );
    expect(judged(measured('x', { exit: 1 }), exit, { kind: 'compare', op: '<', value: 4 })).toBe(no);
  });

  test('the detail tells about those that decided, and what was expected names all', () => {
    expect(judge(measured('5', { exit: 0 }), [exit, { kind: 'between', low: 1, high: 4 }])).toEqual({
      result: 'fail',
      code: 'not_as_expected',
      detail: '5 is not between 1 and 4',
      expected: 'exit 0 and between 1 and 4',
    });
  });

  test('a tolerance without conditions is unknown, never good', () => {
    expect(judged(measured('fine'))).toBe('unknown no_tolerance');
  });

  test('long values are cut in what is said', () => {
    expect(judge(measured('x'.repeat(5000)), [{ kind: 'equals', value: 'y' }]).detail.length).toBeLessThan(
      300,
    );
  });
});
