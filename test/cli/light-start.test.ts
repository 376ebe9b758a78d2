import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Command } from 'commander';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
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

const chunks = (): readonly string[] =>
  readdirSync(path.join(dist, 'walkback')).map((name) => path.join(dist, 'walkback', name));

/** What a command loads: the start, its description and its own code. */
function loadedBy(...sources: readonly string[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  loadedWith(path.join(dist, 'walkback.js'), found);
  for (const source of sources) {
    const chunk = chunks().find((file) => readFileSync(file, 'utf8').includes(`// ${source}\n`));
    if (chunk === undefined) throw new Error(`no file of the build says that it has ${source}`);
    loadedWith(chunk, found);
  }
  return found;
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

const peak = `BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//shop//peaks//EN
BEGIN:VEVENT
UID:1
DTSTAMP:20260101T000000Z
DTSTART;TZID=Europe/Berlin:20260105T100000
DTEND;TZID=Europe/Berlin:20260105T120000
RRULE:FREQ=WEEKLY;BYDAY=MO
SUMMARY:peak
END:VEVENT
END:VCALENDAR
`;

const withCalendars = `walkback: 1
id: calendars
title: Calendars
service: shop
objective: 5m
maturity: draft
calendar:
  - { id: peak, ics: peak.ics, tz: Europe/Berlin, effect: forbid }
  - { id: nightly, cron: '0 11 * * *', tz: Europe/Berlin, for: 15m, effect: forbid }
  - { id: weekly, rrule: FREQ=WEEKLY;BYDAY=MO, start: 2026-01-05T09:00, tz: Europe/Berlin, for: 1h, effect: forbid }
phases:
  - id: all
    title: All of it
    steps:
      - { id: done, title: Done, end: rolled_back }
`;

test('the words that tell heavy packages apart stand in the build', () => {
  const all = new Map(chunks().map((file) => [file, readFileSync(file, 'utf8')]));
  expect(heavyIn(all)).toEqual(Object.keys(heavy));
});

test('what every start loads is the command line alone, in two files', () => {
  const loaded = loadedBy();
  expect(heavyIn(loaded)).toEqual([]);
  expect(kilobytes(loaded)).toBeLessThan(150);
  expect(loaded.size).toBe(2);
});

test('sessions loads few bytes and few files', () => {
  const loaded = loadedBy('src/cli/groups/records.ts', 'src/cli/commands/sessions.ts');
  expect(kilobytes(loaded)).toBeLessThan(350);
  expect(loaded.size).toBeLessThan(8);
});

test.each([
  ['commands/sessions.ts', []],
  ['commands/stats.ts', []],
  ['commands/doctor.ts', []],
  ['commands/sandbox.ts', []],
  ['tools/lease.ts', []],
  ['tools/freeze-run.ts', []],
  ['commands/show.ts', ['zod']],
  ['commands/fmt.ts', ['YAML']],
  ['tools/traffic-commands.ts', ['execa']],
  ['commands/verify.ts', ['zod', 'execa']],
  ['commands/lint.ts', ['zod', 'YAML']],
  ['commands/agent.ts', ['zod', 'XState', 'execa', 'YAML']],
])('%s loads these heavy packages, and none that others need: %j', (command, packages) => {
  expect(heavyIn(loadedBy(`src/cli/${command}`))).toEqual(packages);
});

test('no file of the build imports a built-in module of Node whole', () => {
  const whole = chunks().filter((file) => /^import .* from "node:/mu.test(readFileSync(file, 'utf8')));
  expect(whole).toEqual([]);
});

test('no package gets the rules of Unicode ready before a text needs them: that takes as long as to start Node', () => {
  const made = chunks().flatMap(
    (file) => readFileSync(file, 'utf8').match(/^.*new Intl\.Segmenter.*$/gmu) ?? [],
  );
  expect(made).toEqual([expect.stringContaining('segmenter ??= new')]);
});

test('what is loaded late works in the build: calendars of all three kinds, which lint reads', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'walkback-late-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(path.join(folder, 'peak.ics'), peak);
  const file = path.join(folder, 'calendars.yaml');
  writeFileSync(file, withCalendars);
  const lint = spawnSync(process.execPath, [path.join(dist, 'walkback.js'), 'lint', file], {
    encoding: 'utf8',
    env: { ...process.env, XDG_DATA_HOME: folder },
  });
  expect(lint.stdout).toBe('1 runbook, 0 errors, 0 warnings\n');
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
