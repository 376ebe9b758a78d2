import { expect, test } from 'vitest';
import { loadAhead } from '../../src/runbook/load-ahead.ts';
import { loadRunbook } from '../../src/runbook/load.ts';
import { memoryFiles, runbookText } from './memory-files.ts';

const fragment = (text: string): string => `walkback_fragment: 1
id: look
title: Look
steps:
  - { id: look, manual: ${text}, read_only: true }
`;
const book = runbookText(`- { use: parts/look.yaml }
- { id: call, run: [./call.sh], read_only: true }
- { id: done, title: Done, end: rolled_back }`);
const folder = { 'book.yaml': book, 'parts/look.yaml': fragment('Look at it.'), 'call.sh': '#!/bin/sh\n' };

test('a runbook that was loaded ahead is not loaded again where every byte is the same', () => {
  const load = loadAhead('book.yaml', memoryFiles(folder));
  const later = load('book.yaml', memoryFiles({ ...folder }));
  expect(later.ok).toBe(true);
  expect(load('book.yaml', memoryFiles({ ...folder }))).toBe(later);
  expect(later).toEqual(loadRunbook('book.yaml', memoryFiles(folder)));
});

test.each<readonly [string, Readonly<Record<string, string>>]>([
  ['the runbook', { ...folder, 'book.yaml': book.replace('title: Done', 'title: Over') }],
  ['a fragment', { ...folder, 'parts/look.yaml': fragment('Look again.') }],
  ['a script, by one byte', { ...folder, 'call.sh': '#!/bin/bh\n' }],
  ['a script that is gone', { 'book.yaml': book, 'parts/look.yaml': fragment('Look at it.') }],
  ['everything', {}],
])('it is loaded anew where another is there: %s', (_, files) => {
  const load = loadAhead('book.yaml', memoryFiles(folder));
  expect(load('book.yaml', memoryFiles(files))).toEqual(loadRunbook('book.yaml', memoryFiles(files)));
});

test('what was refused ahead is refused for what is there later', () => {
  const load = loadAhead('book.yaml', memoryFiles({ 'book.yaml': book, 'call.sh': '#!/bin/sh\n' }));
  expect(load('book.yaml', memoryFiles(folder)).ok).toBe(true);
  expect(load('other.yaml', memoryFiles({ ...folder, 'other.yaml': book })).ok).toBe(true);
});
