import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { Command } from 'commander';
import { beforeAll, expect, test } from 'vitest';
import { groups } from '../../src/cli/groups.ts';
import { builtProgram } from './built-program.ts';

let dist = '';

beforeAll(async () => {
  dist = path.join(path.dirname(await builtProgram()), '../dist');
}, 120_000);

/** The text of a file of the build and of all that is loaded with it. */
function loadedWith(file: string, found = new Map<string, string>()): ReadonlyMap<string, string> {
  if (found.has(file)) return found;
  const text = readFileSync(file, 'utf8');
  found.set(file, text);
  for (const [, name = ''] of text.matchAll(/^(?:import|export)\s(?:[^;]*?\sfrom\s)?"(\.[^"]+)";/gmu))
    loadedWith(path.join(path.dirname(file), name), found);
  return found;
}

/** The file of the build that the start loads where it is asked for this source file. */
function loadedLater(source: string): string {
  const start = readFileSync(path.join(dist, 'walkback.js'), 'utf8');
  const [, file] = new RegExp(`import\\("(\\./walkback/${source}-[^"]+)"\\)`, 'u').exec(start) ?? [];
  if (file === undefined) throw new Error(`the start does not load ${source}`);
  return path.join(dist, file);
}

const kilobytes = (files: ReadonlyMap<string, string>): number =>
  [...files.values()].reduce((sum, text) => sum + text.length, 0) / 1000;

/** What is expensive to load, by words that only its code has. */
const heavy = {
  zod: '$ZodType',
  XState: 'xstate.init',
  Ink: 'ink-root',
  React: 'react.transitional.element',
  execa: 'ExecaError',
  YAML: 'YAMLParseError',
};

const heavyIn = (files: ReadonlyMap<string, string>): readonly string[] =>
  Object.entries(heavy)
    .filter(([, words]) => [...files.values()].some((text) => text.includes(words)))
    .map(([name]) => name);

test('the words that tell heavy packages apart stand in the build', () => {
  const folder = path.join(dist, 'walkback');
  const all = new Map(
    readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
  );
  expect(heavyIn(all)).toEqual(Object.keys(heavy));
});

test('what every start loads is the command line alone', () => {
  const loaded = loadedWith(path.join(dist, 'walkback.js'));
  expect(heavyIn(loaded)).toEqual([]);
  expect(kilobytes(loaded)).toBeLessThan(150);
});

test('what describes the commands on records loads no heavy package', () => {
  expect(heavyIn(loadedWith(loadedLater('records')))).toEqual([]);
});

test.each(groups.map((group) => [group.names.join(', '), group] as const))(
  'the group of %s describes these commands, and no other',
  async (_, { names, add }) => {
    const program = new Command();
    await add({
      around: {} as never, // of use only where a command runs
      command: (name, description) => program.command(name).description(description),
      examples: () => '',
      done: () => undefined,
    });
    expect(program.commands.map((command) => command.name())).toEqual(names);
  },
);

test('no two groups have a command in common', () => {
  const names = groups.flatMap((group) => group.names);
  expect(new Set(names).size).toBe(names.length);
});
