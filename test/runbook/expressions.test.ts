import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Values,
  compileExpression,
  evaluate,
  exampleValue,
  holds,
} from '../../src/runbook/expressions.ts';
import type { Expression } from '../../src/runbook/model/values.ts';
import type { Scope } from '../../src/runbook/scope.ts';

const at = { file: 'book.yaml', line: 1, column: 1 };
const scope: Scope = {
  inputs: {
    fields: { release: 'version', count: 'number', pause: 'duration', name: 'text', sure: 'boolean' },
  },
  probes: { fields: { errors: 'number', orders: 'any' } },
  target: { fields: { api: 'version' } },
  scope: { fields: { flags: 'any', nodes: 'any' } },
  now: 'time',
  node: 'any',
};
const values: Values = {
  inputs: { release: '1.10.0', count: 3, pause: '10m', name: 'api', sure: true },
  probes: { errors: 0.5, orders: 42 },
  target: { api: '1.9.0' },
  scope: {
    flags: ['coupons'],
    nodes: [
      { name: 'a', leader: true },
      { name: 'b', leader: false },
    ],
  },
  now: '2026-01-01T00:00:00Z',
  node: { name: 'n1' },
};

function compiled(source: string): Expression {
  const result = compileExpression(source, scope, at);
  if (!result.ok) throw new Error(`${result.problem.code} ${result.problem.message}`);
  return result.expression;
}

const refusal = (source: string): string | null => {
  const result = compileExpression(source, scope, at);
  return result.ok ? null : result.problem.code;
};

test.each([
  ['inputs.release > target.api', true],
  ["inputs.release < version('2.0.0')", true],
  ["version('2.0.0-rc.1') < version('2.0.0')", true],
  ["version('1.9') == version('1.9.0')", true],
  ['inputs.count + 1', 4],
  ['inputs.count * 2 > 5', true],
  ['inputs.count == 3', true],
  ['inputs.count % 2', 1],
  ["inputs.pause > duration('5m')", true],
  ['inputs.pause', '10m'],
  ['string(inputs.release)', '1.10.0'],
  ["now < timestamp('2030-01-01T00:00:00Z')", true],
  ['scope.flags.size() > 0', true],
  ["scope.nodes.exists(n, n.leader && n.name == 'a')", true],
  ['scope.nodes.map(n, n.name)', ['a', 'b']],
  ['node.name', 'n1'],
  ["node['name']", 'n1'],
  ['has(node.zone)', false],
  ["re(inputs.name, '^a.i$')", true],
  ["inputs.name.re('x')", false],
  ["inputs.sure ? 'yes' : 'no'", 'yes'],
  ['probes.orders == 42', true],
  ["{'a': {'b': 1}}.a.b", 1],
] as const)('%s is %j', (source, value) => {
  expect(evaluate(compiled(source), values)).toEqual({ ok: true, value });
});

test.each([
  ['a value that is not there', '!(probes.errors > 1.0)', { ...values, probes: {} }, 'unset'],
  ['NaN', '!(probes.errors > 1.0)', { ...values, probes: { errors: Number.NaN } }, 'not_a_number'],
  [
    'NaN that would not be looked at',
    'inputs.sure || probes.errors > 1.0',
    { ...values, probes: { errors: Number.NaN } },
    'not_a_number',
  ],
  [
    'NaN deep inside a list',
    'scope.nodes.exists(n, !(n.load > 1.0))',
    { ...values, scope: { nodes: [{ load: Number.NaN }] } },
    'not_a_number',
  ],
  ['a root that is not there', 'probes.errors > 1.0', {}, 'unset'],
  ['an empty input', "inputs.name == ''", { inputs: { name: '' } }, 'unset'],
  [
    'an example that nobody replaced',
    "inputs.name == 'api'",
    { inputs: { name: exampleValue('api') } },
    'example',
  ],
  [
    'a version that is none',
    'inputs.release > target.api',
    { ...values, target: { api: 'latest' } },
    'wrong_type',
  ],
  ['a duration that is none', "inputs.pause > duration('5m')", { inputs: { pause: 'soon' } }, 'wrong_type'],
  ['a division by zero', '!(probes.errors / (inputs.count - 3) > 1)', values, 'not_a_number'],
  ['zero by zero', '!((inputs.count - 3) / (inputs.count - 3) > 1)', values, 'not_a_number'],
  ['a key that an item lacks', 'scope.nodes.all(n, n.load > 1.0)', values, 'failed'],
] as const)('%s makes the whole answer unknown', (_what, source, given: Values, code) => {
  expect(evaluate(compiled(source), given)).toMatchObject({ ok: false, code });
  expect(holds(compiled(source), given)).toMatchObject({ result: 'unknown', code });
});

test('a division that a condition keeps from being reached is not looked at', () => {
  const share = compiled('inputs.count > 3 ? probes.errors / (inputs.count - 3) : 0.0');

  expect(evaluate(share, values)).toEqual({ ok: true, value: 0 });
});

test('absent is a value of its own: it is neither empty nor unset', () => {
  expect(evaluate(compiled('node.old == null'), { node: { old: null } })).toEqual({ ok: true, value: true });
});

test('a version stays a version when the expression was copied as plain data', () => {
  const copy = structuredClone(compiled('inputs.release > target.api'));

  expect(evaluate(copy, values)).toEqual({ ok: true, value: true });
});

test.each([
  ['inputs.constructor', 'WB402'],
  ['inputs.__proto__', 'WB402'],
  ["inputs['constructor']", 'WB402'],
  ['constructor', 'WB402'],
  ['google', 'WB402'],
  ['cel.bind(x, 1, x)', 'WB404'],
  ["inputs.name.matches('(a+)+$')", 'WB404'],
  ['b"x".json()', 'WB404'],
  ['type(1)', 'WB404'],
  ["re(inputs.name, '(?=x)')", 'WB406'],
  ["re(inputs.name, '(x{1000}){1000}')", 'WB406'],
  ['scope.nodes.all(a, scope.nodes.all(b, a == b))', 'WB405'],
  ['scope.nodes.map(a, scope.nodes.map(b, scope.nodes.map(c, 1)))', 'WB405'],
  [`${'('.repeat(2_000)}1${')'.repeat(1_999)}`, 'WB405'],
  [`[${'1,'.repeat(200)}1]`, 'WB405'],
  [Array.from({ length: 500 }, () => '1').join('+'), 'WB405'],
  ['1 + '.repeat(2_000), 'WB405'],
  ['scope.nodes.map(n, 1.0 / n.load)', 'WB404'],
  ["inputs.release == '1.0.0'", 'WB403'],
  ['inputs.name > 1', 'WB403'],
  ['inputs', 'WB403'],
  ['inputs.relaese', 'WB402'],
  ['', 'WB401'],
  ['1 +', 'WB401'],
] as const)('%s is refused as %s', (source, code) => {
  expect(refusal(source)).toBe(code);
});

test('the own properties of objects are never reached through what was captured', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) {
    const result = compileExpression(`node.${name}`, scope, at);
    if (result.ok) expect(evaluate(result.expression, values)).toMatchObject({ ok: false });
  }
  const getter = {
    node: Object.defineProperty({}, 'name', { get: () => 'called', enumerable: false }),
  } as Values;
  expect(evaluate(compiled("node.name + 'x'"), getter).ok).toBe(true);
});

test('a catastrophic pattern and a long list stay bounded', () => {
  const before = process.threadCpuUsage();
  const text = `${'a'.repeat(100_000)}!`;
  const list = Array.from({ length: 10_000 }, (_, index) => index);

  expect(evaluate(compiled("re(inputs.name, '(a+)+$')"), { inputs: { name: text } })).toEqual({
    ok: true,
    value: false,
  });
  expect(evaluate(compiled('scope.nodes.all(n, n >= 0)'), { scope: { nodes: list } })).toEqual({
    ok: true,
    value: true,
  });
  expect(evaluate(compiled('scope.nodes.all(n, n >= 0)'), { scope: { nodes: [...list, 1] } })).toMatchObject({
    code: 'too_large',
  });
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1000).toBeLessThan(1_000);
});

test('no text makes the compiler or the evaluator throw', () => {
  const words = fc.constantFrom(
    'inputs',
    '.',
    'name',
    '(',
    ')',
    '[',
    ']',
    '"',
    "'",
    '1',
    '+',
    '/',
    '&&',
    '?',
    ':',
    'x',
    '{',
    '}',
    're',
    'exists',
    ',',
    '!',
    ' ',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ maxLength: 80 }),
        fc.array(words, { maxLength: 20 }).map((parts) => parts.join('')),
      ),
      (source) => {
        const result = compileExpression(source, scope, at);
        if (result.ok) evaluate(result.expression, values);
      },
    ),
    { numRuns: 1_000 },
  );
});
