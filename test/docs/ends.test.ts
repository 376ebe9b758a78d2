import { readFileSync, readdirSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { examineAny } from '../../src/cli/load.ts';
import { allSteps } from '../../src/runbook/model.ts';
import type { Step } from '../../src/runbook/model/step.ts';

const root = resolve(import.meta.dirname, '../..');

/** Every row: the runbook, its end, the outcome, and the test that walks there. */
const rows = readFileSync(resolve(root, 'docs/ends.md'), 'utf8')
  .split('\n')
  .flatMap((line) => [
    ...line.matchAll(/^\| `([^`]+)` +\| `([^`]+)` +\| `([^`]+)` +\| `(test\/[^`]+)` › (.+?) +\|$/g),
  ])
  .map(([, runbook = '', end = '', outcome = '', file = '', title = '']) => ({
    end: `${runbook} ${end} ${outcome}`,
    file,
    title,
  }));

/** By an own step, by an option, or by where a step leads that does not pass. */
function endsOf(step: Step): readonly string[] {
  const routes = Object.entries(step.on).flatMap(([when, route]) =>
    route.kind === 'end' ? [`${step.id}.${when} ${route.outcome}`] : [],
  );
  if (step.kind === 'end') return [`${step.id} ${step.outcome}`];
  if (step.kind !== 'decide') return routes;
  return [
    ...routes,
    ...step.options.flatMap(({ id, route }) =>
      route?.kind === 'end' ? [`${step.id}.${id} ${route.outcome}`] : [],
    ),
  ];
}

const shipped = ['.', 'templates', 'adhoc'].flatMap((folder) =>
  readdirSync(resolve(root, 'runbooks', folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => (folder === '.' ? '' : `${folder}/`) + basename(name, '.yaml')),
);

test.each(shipped)('each end of %s is walked to by a test that the list names', (name) => {
  const { loaded } = examineAny(resolve(root, 'runbooks', `${name}.yaml`));
  if (!loaded.ok) throw new Error(`${name} does not load`);
  const ends = allSteps(loaded.runbook).flatMap(endsOf);
  const listed = rows.filter(({ end }) => end.startsWith(`${name} `)).map(({ end }) => end);
  expect(listed.toSorted()).toEqual(ends.map((end) => `${name} ${end}`).toSorted());
});

test('no row is of something else, and none is left to tests that run in .ci/run only', () => {
  const known = rows.filter(({ end }) => shipped.some((name) => end.startsWith(`${name} `)));
  expect(known).toHaveLength(rows.length);
  expect(rows.filter(({ file }) => file.startsWith('test/debian/'))).toEqual([]);
});

test.each([...new Map(rows.map((row) => [row.file + row.title, row])).values()])(
  '$file has a test “$title”',
  ({ file, title }) => {
    expect(readFileSync(resolve(root, file), 'utf8')).toContain(title);
  },
);
