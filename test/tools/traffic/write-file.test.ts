import {
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { replaceFile } from '../../../src/tools/traffic/write-file.ts';
import { toolFolder } from '../shop-tables.ts';

const noCheck = (): Promise<void> => Promise.resolve();

function file(text: string, mode = 0o640): string {
  const path = join(toolFolder(), 'shop.conf');
  writeFileSync(path, text, { mode });
  return path;
}

test('a file behind a link is written where it lies, and the link stays', async () => {
  const real = file('old\n');
  const enabled = join(toolFolder(), 'sites-enabled');
  mkdirSync(enabled);
  const link = join(enabled, 'shop');
  symlinkSync(real, link);

  await replaceFile(link, { before: 'old\n', after: 'new\n' }, noCheck);

  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect([readFileSync(real, 'utf8'), readdirSync(enabled)]).toEqual(['new\n', ['shop']]);
});

test('what somebody else wrote while it was checked is not overwritten', async () => {
  const path = file('old\n');

  const replaced = replaceFile(path, { before: 'old\n', after: 'new\n' }, async () => {
    writeFileSync(path, 'theirs\n');
  });

  await expect(replaced).rejects.toMatchObject({
    exitCode: 3,
    message: `${path} was changed meanwhile by somebody else.`,
  });
  expect([readFileSync(path, 'utf8'), readdirSync(join(path, '..'))]).toEqual(['theirs\n', ['shop.conf']]);
});

test.runIf(process.getuid?.() === 0)('the file keeps its owner, its group and its mode', async () => {
  const path = file('old\n');
  chownSync(path, 4711, 4712);

  await replaceFile(path, { before: 'old\n', after: 'new\n' }, noCheck);

  const { uid, gid, mode } = statSync(path);
  expect([uid, gid, mode & 0o777, readFileSync(path, 'utf8')]).toEqual([4711, 4712, 0o640, 'new\n']);
});
