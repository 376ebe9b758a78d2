import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { runbookFiles } from '../../src/actions/runbook-files.ts';
import { loadRunbook } from '../../src/runbook/load.ts';

let folder = '';
let root = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'walkback-files-'));
  root = join(folder, 'book');
  mkdirSync(join(root, 'steps'), { recursive: true });
  writeFileSync(join(folder, 'outside.yaml'), 'walkback_fragment: 1\n');
  writeFileSync(join(root, 'steps', 'inside.yaml'), 'inside');
});

afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const codeOf = (path: string): string => {
  const read = runbookFiles(root).read(path);
  return read.ok ? 'ok' : read.code;
};

test('a regular file inside the root is read, by its own name or through a link that stays inside', () => {
  symlinkSync('inside.yaml', join(root, 'steps', 'link.yaml'));

  const read = runbookFiles(root).read('steps/inside.yaml');
  expect(read.ok && new TextDecoder().decode(read.bytes)).toBe('inside');
  expect(codeOf('steps/link.yaml')).toBe('ok');
});

test('a FIFO is refused and not waited for', () => {
  execFileSync('mkfifo', [join(root, 'pipe')]);

  expect(codeOf('pipe')).toBe('not_a_file');
});

test('a device, a folder, and what is not there are refused', () => {
  symlinkSync('/dev/zero', join(root, 'zero'));

  expect(codeOf('zero')).toBe('outside');
  expect(codeOf('steps')).toBe('not_a_file');
  expect(codeOf('nowhere')).toBe('not_found');
  expect(codeOf('steps/inside.yaml/more')).toBe('not_found');
});

test('a device in the root itself is refused', () => {
  expect(runbookFiles('/dev').read('zero')).toMatchObject({ ok: false, code: 'not_a_file' });
});

test('nothing outside the root is read: not by dots, by an absolute path, by a link or by a linked folder', () => {
  symlinkSync(join(folder, 'outside.yaml'), join(root, 'link.yaml'));
  symlinkSync(folder, join(root, 'up'));
  symlinkSync('loop', join(root, 'loop'));

  expect(codeOf('../outside.yaml')).toBe('outside');
  expect(codeOf(join(folder, 'outside.yaml'))).toBe('outside');
  expect(codeOf('link.yaml')).toBe('outside');
  expect(codeOf('up/outside.yaml')).toBe('outside');
  expect(codeOf('loop')).toBe('outside');
  expect(codeOf('steps\0/inside.yaml')).toBe('outside');
});

test.skipIf(process.getuid?.() === 0)('a file that may not be read says so', () => {
  chmodSync(join(root, 'steps', 'inside.yaml'), 0o000);

  expect(codeOf('steps/inside.yaml')).toBe('no_access');
});

test('a runbook that uses itself through four others is refused, and names the circle', () => {
  const head = (id: string) => `walkback_fragment: 1\nid: ${id}\ntitle: Round\nsteps:\n`;
  writeFileSync(
    join(root, 'book.yaml'),
    'walkback: 1\nid: book\ntitle: Book\nservice: shop\nobjective: 10m\nphases:\n  - { id: main, title: Main, steps: [{ id: one, use: steps/a.yaml }] }\n',
  );
  for (const [from, to] of [
    ['a', 'b'],
    ['b', 'c'],
    ['c', 'd'],
    ['d', 'e'],
    ['e', 'a'],
  ] as const) {
    writeFileSync(join(root, 'steps', `${from}.yaml`), `${head(from)}  - { id: next, use: ${to}.yaml }\n`);
  }

  const loaded = loadRunbook('book.yaml', runbookFiles(root));

  expect(loaded.ok ? [] : loaded.problems).toMatchObject([
    {
      code: 'WB203',
      at: { file: 'steps/e.yaml', line: 5, column: 22 },
      message: expect.stringContaining('steps/a.yaml uses steps/b.yaml') as string,
    },
  ]);
});

test('using a FIFO or a link out of the folder is refused by the runbook that does it', () => {
  execFileSync('mkfifo', [join(root, 'steps', 'pipe.yaml')]);
  symlinkSync(join(folder, 'outside.yaml'), join(root, 'steps', 'out.yaml'));
  const using = (path: string): readonly string[] => {
    const text = `walkback: 1\nid: book\ntitle: Book\nservice: shop\nobjective: 10m\nphases:\n  - { id: main, title: Main, steps: [{ id: one, use: ${path} }] }\n`;
    writeFileSync(join(root, 'book.yaml'), text);
    const loaded = loadRunbook('book.yaml', runbookFiles(root));
    return loaded.ok ? [] : loaded.problems.map(({ code }) => code);
  };

  expect(using('steps/pipe.yaml')).toEqual(['WB201']);
  expect(using('steps/out.yaml')).toEqual(['WB202']);
  expect(using('steps/../../outside.yaml')).toEqual(['WB202']);
});
