import { createHash } from 'node:crypto';
import type { FileReader } from '../../src/runbook/files.ts';
import { type Loaded, loadRunbook } from '../../src/runbook/load.ts';
import type { Runbook } from '../../src/runbook/model.ts';

/** Files that exist in a test only. */
export function memoryFiles(files: Readonly<Record<string, string | Uint8Array>>): FileReader {
  return {
    read: (path) => {
      const content = Object.hasOwn(files, path) ? files[path] : undefined;
      if (content === undefined) return { ok: false, code: 'not_found', detail: 'there is no such file' };
      return { ok: true, bytes: typeof content === 'string' ? new TextEncoder().encode(content) : content };
    },
    sha256: (bytes) => createHash('sha256').update(bytes).digest('hex'),
  };
}

/** A runbook around some steps; `blocks` stand before its phases. */
export const runbookText = (steps: string, blocks = ''): string =>
  [
    'walkback: 1',
    'id: book',
    'title: Book',
    'service: shop',
    'objective: 10m',
    'maturity: production',
    blocks,
    'phases:',
    '  - id: main',
    '    title: Main',
    '    steps:',
  ]
    .filter((line) => line !== '')
    .concat(steps.split('\n').map((line) => `      ${line}`))
    .join('\n');

export function load(steps: string, blocks = '', files: Readonly<Record<string, string>> = {}): Loaded {
  return loadRunbook('book.yaml', memoryFiles({ ...files, 'book.yaml': runbookText(steps, blocks) }));
}

/** The runbook, or the problems as the failure of the test. */
export function loaded(steps: string, blocks = '', files: Readonly<Record<string, string>> = {}): Runbook {
  return runbookOf(load(steps, blocks, files));
}

export function runbookOf(result: Loaded): Runbook {
  if (result.ok) return result.runbook;
  throw new Error(
    result.problems
      .map(({ code, message, at }) => `${at.file}:${at.line}:${at.column} ${code} ${message}`)
      .join('\n'),
  );
}

export const codesOf = (result: Loaded): readonly string[] =>
  (result.ok ? result.warnings : result.problems).map(({ code }) => code);
