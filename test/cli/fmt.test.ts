import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { fmt } from '../../src/cli/commands/fmt.ts';

let folder = '';
let printed: string[] = [];
const at = (name: string): string => path.join(folder, name);
const run = (names: readonly string[], flags: { check?: true } = {}): number =>
  fmt(
    { write: (text: string) => void printed.push(text) } as Parameters<typeof fmt>[0],
    names.map(at),
    flags,
  );

const messy = 'walkback:   1\nid: a   # why\n';
const clean = 'walkback: 1\nid: a # why\n';

beforeEach(() => {
  folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'walkback-fmt-')));
  printed = [];
  writeFileSync(at('messy.yaml'), messy);
  writeFileSync(at('clean.yaml'), clean);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('fmt writes what is not formatted, says which, keeps its mode, and leaves nothing beside it', () => {
  chmodSync(at('messy.yaml'), 0o640);
  expect(run(['messy.yaml', 'clean.yaml'])).toBe(0);
  expect(readFileSync(at('messy.yaml'), 'utf8')).toBe(clean);
  expect(statSync(at('messy.yaml')).mode & 0o777).toBe(0o640);
  expect(printed).toEqual([`${at('messy.yaml')}\n`]);
  expect(readdirSync(folder).toSorted()).toEqual(['clean.yaml', 'messy.yaml']);
});

test('a file that is formatted already is not written again', () => {
  const before = statSync(at('clean.yaml')).ino;
  expect(run(['clean.yaml'])).toBe(0);
  expect(statSync(at('clean.yaml')).ino).toBe(before);
  expect(printed).toEqual([]);
});

test('fmt --check exits 1 with the list of files, and writes nothing', () => {
  expect(run(['messy.yaml', 'clean.yaml'], { check: true })).toBe(1);
  expect(printed).toEqual([`${at('messy.yaml')}\n`]);
  expect(readFileSync(at('messy.yaml'), 'utf8')).toBe(messy);
  expect(run(['clean.yaml'], { check: true })).toBe(0);
});

test.each([
  ['does not parse', 'walkback: 1\nphases: [\n', /bad\.yaml:3:1: /],
  ['is no runbook', 'services: {}\n', /bad\.yaml:1:1: .*left alone/],
  ['is not text', 'walkback: 1\n\u0000\n', /bad\.yaml:2:1: /],
])('where a file %s, its place is named and no file is touched', (_what, text, words) => {
  writeFileSync(at('bad.yaml'), text);
  expect(() => run(['messy.yaml', 'bad.yaml'])).toThrow(words);
  expect(readFileSync(at('messy.yaml'), 'utf8')).toBe(messy);
  expect(readFileSync(at('bad.yaml'), 'utf8')).toBe(text);
});

test('a file that is not there is named', () => {
  expect(() => run(['nowhere.yaml'])).toThrow(/nowhere\.yaml:1:1: The file cannot be read/);
});

test('a link stays a link: what it leads to is written', () => {
  symlinkSync('messy.yaml', at('link.yaml'));
  expect(run(['link.yaml'])).toBe(0);
  expect(readlinkSync(at('link.yaml'))).toBe('messy.yaml');
  expect(readFileSync(at('messy.yaml'), 'utf8')).toBe(clean);
});
