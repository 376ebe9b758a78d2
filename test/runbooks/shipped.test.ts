import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { lint } from '../../src/cli/commands/lint.ts';
import { examineAny } from '../../src/cli/load.ts';
import { allSteps } from '../../src/runbook/model.ts';
import type { StepKind } from '../../src/runbook/model/step.ts';
import { whyRefused } from './draft-seven.ts';
import { openStage, repository, shipped } from './stage.ts';

const inFolder = (folder: string): readonly string[] =>
  readdirSync(shipped(folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => path.join(folder, name));

const runbooks = [...inFolder('.'), ...inFolder('templates')];
const fragments = inFolder('steps');

test.each([...runbooks, ...fragments])('%s has no mistakes and no warnings', (name) => {
  expect(examineAny(shipped(name)).problems).toEqual([]);
});

test('the command says the same of all of them at once', () => {
  const stage = openStage();
  onTestFinished(() => stage.clear());

  expect(
    lint(
      stage.around,
      [...runbooks, ...fragments].map((name) => shipped(name)),
      {},
    ),
  ).toBe(0);
  expect(stage.printed()).toMatch(/ 0 errors, 0 warnings\n$/);
});

test('every kind of step that can be run is shown in some shipped runbook', () => {
  const kinds = new Set(
    runbooks.flatMap((name): readonly StepKind[] => {
      const { loaded } = examineAny(shipped(name));
      return loaded.ok ? allSteps(loaded.runbook).map(({ kind }) => kind) : [];
    }),
  );

  const model: readonly StepKind[] = ['run', 'check', 'decide', 'approve', 'manual', 'confirm', 'wait', 'notify', 'parallel', 'each', 'release', 'end', 'compare', 'smoke']; // prettier-ignore
  expect([...kinds].toSorted()).toEqual(model.toSorted());
  const texts = runbooks.map((name) => readFileSync(shipped(name), 'utf8')).join('\n');
  for (const written of ['shell', 'use']) expect(texts).toMatch(new RegExp(`^\\s+(- )?${written}: `, 'm'));
});

/** The JSON Schema as an editor uses it: only the file in `schema/` counts, not the code that it was made from. */
const refusedBy = (name: 'runbook' | 'fragment', document: unknown): readonly string[] =>
  whyRefused(
    JSON.parse(readFileSync(path.join(repository, 'schema', `${name}.schema.json`), 'utf8')) as never,
    document,
  );

const documentOf = (name: string): Record<string, unknown> =>
  parse(readFileSync(shipped(name), 'utf8')) as Record<string, unknown>;

test.each([
  ...runbooks.map((name) => [name, 'runbook'] as const),
  ...fragments.map((name) => [name, 'fragment'] as const),
])('%s is accepted by the JSON Schema of a %s', (name, kind) => {
  expect(refusedBy(kind, documentOf(name))).toEqual([]);
});

/** Every script that a shell reads: what stands under `shell`, and the word after `-c`. */
function scriptsIn(value: unknown, key = ''): readonly string[] {
  if (typeof value === 'string') return key === 'shell' ? [value] : [];
  if (Array.isArray(value)) {
    const at = ['sh', 'bash'].includes(String(value[0])) ? value.indexOf('-c') : -1;
    const script: unknown = at === -1 ? null : value[at + 1];
    return [...(typeof script === 'string' ? [script] : []), ...value.flatMap((inner) => scriptsIn(inner))];
  }
  return typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([name, inner]) => scriptsIn(inner, name))
    : [];
}

test('no shell reads a value as a part of its script: a quote, a space or a dollar in a name does no harm', () => {
  const scripts = [...runbooks, ...fragments].flatMap((name) =>
    scriptsIn(documentOf(name)).map((script) => ({ name, script })),
  );
  expect(scripts.length).toBeGreaterThan(20);
  expect(scripts.filter(({ script }) => script.includes('${{'))).toEqual([]);
  // and what it reads from its arguments or its environment stands in quotes, or is counted out of digits
  const bare = /(?<!["$\w{(=])\$(?:[0-9@]|[A-Z][A-Z_]+)\b/;
  const open = scripts.flatMap(({ name, script }) =>
    script
      .split('\n')
      .filter((line) => bare.test(line.replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '""')))
      .map((line) => `${name}: ${line.trim()}`),
  );
  expect(open).toEqual([]);
});

test.each([
  ['a key that nobody knows', { surprise: true }],
  ['another version', { walkback: 2 }],
  ['a step without a kind', { phases: [{ id: 'one', title: 'One', steps: [{ id: 'nothing' }] }] }],
  [
    'a step with an unknown field',
    { phases: [{ id: 'one', title: 'One', steps: [{ id: 'done', end: 'rolled_back', colour: 'red' }] }] },
  ],
  [
    'an outcome that there is not',
    { phases: [{ id: 'one', title: 'One', steps: [{ id: 'done', end: 'somehow' }] }] },
  ],
])('the JSON Schema refuses %s', (_what, change) => {
  expect(refusedBy('runbook', { ...documentOf('templates/basic.yaml'), ...change })).not.toEqual([]);
});

test.each(runbooks.filter((name) => !name.startsWith('templates')))(
  '%s names the schema it is checked by',
  (name) => {
    const [first = ''] = readFileSync(shipped(name), 'utf8').split('\n');
    const named = /^# yaml-language-server: \$schema=(\S+)$/.exec(first)?.[1] ?? '';

    expect(path.resolve(path.dirname(shipped(name)), named)).toBe(
      path.join(repository, 'schema', 'runbook.schema.json'),
    );
  },
);
