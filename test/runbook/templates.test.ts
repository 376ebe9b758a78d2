import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { runbookFiles } from '../../src/actions/runbook-files.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import { migrate, type Migration } from '../../src/runbook/migrate.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import { rules } from '../../src/runbook/rules.ts';
import { templates, type TemplateName } from '../../src/runbook/templates.ts';

/* R7.6: what ships follows a template; without any one of its sections it is refused, by that section's own code. */

const folder = fileURLToPath(new URL('../../runbooks/', import.meta.url));
const files = runbookFiles(folder);
const shipped = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

/** The runbook as if its file held other bytes; all that it uses is what ships. */
function load(name: string, text: string | null): ReturnType<typeof loadRunbook> {
  const bytes = text === null ? null : new TextEncoder().encode(text);
  return loadRunbook(name, {
    ...files,
    read: (path) => (path === name && bytes !== null ? { ok: true, bytes } : files.read(path)),
  });
}

const textOf = (name: string): string => {
  const read = files.read(name);
  if (!read.ok) throw new Error(read.detail);
  return new TextDecoder().decode(read.bytes);
};

function templateOf(name: string): TemplateName {
  const { template } = loaded(name);
  if (template === undefined) throw new Error(`${name} follows no template`);
  return template;
}

function loaded(name: string): Runbook {
  const result = load(name, null);
  if (!result.ok) throw new Error(`${name} does not load`);
  return result.runbook;
}

/** The text without a block of the top, or without one phase: cut out by its place, the rest is as it was. */
function without(name: string, block: string, phase?: number): string {
  const text = textOf(name);
  const document = parseDocument(text);
  if (!isMap(document.contents)) throw new Error('not a map');
  const { items } = document.contents;
  const found = items.findIndex(({ key }) => isScalar(key) && key.value === block);
  const value = items[found]?.value;
  const list = phase !== undefined && isSeq(value) ? value.items : null;
  const startOf = (node: unknown): number | undefined =>
    isMap(node) || isScalar(node) || isSeq(node) ? node.range?.[0] : undefined;
  const [from, to] =
    list === null
      ? [startOf(items[found]?.key), startOf(items[found + 1]?.key)]
      : [startOf(list[phase ?? 0]), startOf(list[(phase ?? 0) + 1])];
  if (from === undefined) throw new Error(`${name} has no ${block}`);
  return text.slice(0, from) + (to === undefined ? (list === null ? '' : '{}\n') : text.slice(to));
}

const codesOf = (result: ReturnType<typeof loadRunbook>): readonly string[] =>
  (result.ok ? result.warnings : result.problems).map(({ code }) => code);

test.each(shipped)('R7.6: %s follows a template and has all that it asks for', (name) => {
  expect(Object.keys(templates)).toContain(templateOf(name));
  expect(codesOf(load(name, null))).toEqual([]);
});

const sections = shipped.flatMap((name) => [
  ...templates[templateOf(name)].map(({ block, code }) => [name, block, code] as const),
  // what the schema asks for is the same for all of them
  ...(name === 'flag_off.yaml' ? (['title', 'service', 'objective', 'phases'] as const) : []).map(
    (block) => [name, block, 'WB103'] as const,
  ),
]);

test.each(sections)(
  'R7.6: %s without `%s` is refused with %s, its place and what to do',
  (name, block, code) => {
    const result = load(name, without(name, block));

    expect(result.ok).toBe(false);
    const found = (result.ok ? [] : result.problems).find((one) => one.code === code);
    expect(found?.message).toContain(block);
    expect(found?.at).toMatchObject({ file: name, line: expect.any(Number), column: 1 });
    expect(found?.fix).not.toBe('');
  },
);

test.each(shipped)(
  'R7.6: %s without its first phase lacks the decision, without its last one the end',
  (name) => {
    const way = loaded(name).phases.filter(({ offPath }) => !offPath);
    const at = (index: number): number => loaded(name).phases.findIndex(({ id }) => id === way.at(index)?.id);

    expect(codesOf(load(name, without(name, 'phases', at(0))))).toContain('WB727');
    expect(codesOf(load(name, without(name, 'phases', at(-1))))).toContain('WB729');
  },
);

test('a template that nobody knows is refused, with those that there are', () => {
  const result = load('flag_off.yaml', textOf('flag_off.yaml').replace('mitigation/v1', 'rollback/v9'));
  const [first] = result.ok ? [] : result.problems;
  expect(first?.message).toContain('rollback/v1');
  expect(first?.at.line).toBe(textOf('flag_off.yaml').split('\n').indexOf('template: mitigation/v1') + 1);
  expect(Object.keys(rules)).toContain(first?.code);
});

const text = '# why\nwalkback: 1\nid: a # its name\nowner: "x"\n';

test('a file of the newest version is left as it is, byte for byte', () => {
  expect(migrate(text)).toEqual({ ok: true, text, from: 1, to: 1 });
});

test('each step of a migration is taken in turn, and comments stay', () => {
  const rename =
    (from: string, to: string): Migration =>
    (document) => {
      const value: unknown = document.get(from, true);
      document.delete(from);
      document.set(to, value);
    };
  const table = { 1: rename('owner', 'team'), 2: rename('team', 'group') };

  expect(migrate(text, table, 3)).toEqual({
    ok: true,
    text: '# why\nwalkback: 3\nid: a # its name\ngroup: "x"\n',
    from: 1,
    to: 3,
  });
  expect(migrate(text, {}, 2)).toMatchObject({
    ok: false,
    problem: expect.stringContaining('nothing brings'),
  });
});

test.each([
  ['walkback: 2\n', 'a newer walkback'],
  ['id: x\n', 'does not say its version'],
  ['walkback: one\n', 'does not say its version'],
  ['walkback: [1\n', ''],
])('%j is not migrated', (broken, why) => {
  expect(migrate(broken)).toMatchObject({ ok: false, problem: expect.stringContaining(why) });
});
