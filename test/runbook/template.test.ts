import { expect, test } from 'vitest';
import type { Values } from '../../src/runbook/expressions.ts';
import type { Template } from '../../src/runbook/model/values.ts';
import { textNode } from '../../src/runbook/node.ts';
import type { Problem } from '../../src/runbook/problem.ts';
import type { Scope } from '../../src/runbook/scope.ts';
import { compileTemplate, fillTemplate, fillText, splitTemplate } from '../../src/runbook/template.ts';

const at = { file: 'book.yaml', line: 1, column: 1 };
const scope: Scope = { inputs: { fields: { a: 'any', n: 'number', v: 'version' } } };

function template(text: string): Template {
  const problems: Problem[] = [];
  const made = compileTemplate(textNode(text, { kind: 'map', entries: new Map(), at }), scope, (found) =>
    problems.push(found),
  );
  expect(problems).toEqual([]);
  return made;
}

const fill = (text: string, values: Values) => fillTemplate(template(text), values);

test('a template that is exactly one expression keeps its type', () => {
  expect(fill('${{ inputs.n }}', { inputs: { n: 3 } })).toEqual({ ok: true, value: 3 });
  expect(fill('${{ inputs.a }}', { inputs: { a: ['x', { y: 1 }] } })).toEqual({
    ok: true,
    value: ['x', { y: 1 }],
  });
  expect(fill('v${{ inputs.n }}', { inputs: { n: 3 } })).toEqual({ ok: true, value: 'v3' });
});

test.each([
  ['unset', {}],
  ['unset', { inputs: {} }],
  ['unset', { inputs: { a: '' } }],
  ['example', { inputs: { a: { $example: '2.0.0' } } }],
] as const)('what is %s never becomes an empty text', (code, values: Values) => {
  expect(fill('x ${{ inputs.a }} y', values)).toMatchObject({ ok: false, code });
  expect(fill('${{ inputs.a }}', values)).toMatchObject({ ok: false, code });
});

test('absent and structured values are refused where a text is needed', () => {
  expect(fillText(template('${{ inputs.a }}'), { inputs: { a: null } })).toMatchObject({
    ok: false,
    code: 'unset',
  });
  expect(fill('x${{ inputs.a }}', { inputs: { a: null } })).toMatchObject({ ok: false, code: 'unset' });
  expect(fillText(template('${{ inputs.a }}'), { inputs: { a: [1] } })).toMatchObject({
    ok: false,
    code: 'wrong_type',
  });
  expect(fillText(template('${{ inputs.n }}'), { inputs: { n: 1.5 } })).toEqual({ ok: true, text: '1.5' });
});

test.each(['"', "'", '$(reboot)', '`x`', 'a\nb', '-rf', '; ls', '\\', '${{ inputs.n }}', '\u202e'])(
  'the value %j is put in as it is',
  (value) => {
    expect(fillText(template('<${{ inputs.a }}>'), { inputs: { a: value } })).toEqual({
      ok: true,
      text: `<${value}>`,
    });
  },
);

test('a place ends at its own braces, not at those of a quoted text or a map', () => {
  const { pieces, unclosed } = splitTemplate(`a \${{ {'x': {'y': '}}'}}.x.y }} b \${{ inputs.a }}`);

  expect(unclosed).toBeNull();
  expect(pieces).toEqual([
    { text: 'a ' },
    { source: "{'x': {'y': '}}'}}.x.y", index: 0 },
    { text: ' b ' },
    { source: 'inputs.a', index: 1 },
  ]);
});

test('an empty text is an empty text', () => {
  expect(fillTemplate(template(''), {})).toEqual({ ok: true, value: '' });
});
