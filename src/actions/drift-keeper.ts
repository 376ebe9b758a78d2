import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { structuredPatch } from 'diff';
import { compilePattern } from '../runbook/pattern.ts';
import type { Clock, DriftKeeper, DriftLook, ReadyCommand, Redactor } from '../session/ports.ts';
import { runReadOnly, startable } from './run-read-only.ts';

export interface DriftOptions {
  /** The session's own folder, readable by this person only. */
  readonly folder: string;
  /** What paths start from. */
  readonly cwd: string;
  readonly clock: Clock;
  readonly redactor: Redactor;
  readonly env: Readonly<Record<string, string>>;
  /** Looks at the scripts of a command; one that runs elsewhere becomes the one that starts it there. */
  readonly fromHere: (command: ReadyCommand) => ReadyCommand;
}

/** Most that is looked at of one thing, and most that a patch may hold. */
const mostBytes = 1_000_000;
const mostPatch = 200_000;
/** Work that one comparison may take before it is given up: changed lines. */
const mostEdits = 4_000;
/** Files that nobody expects beside one name. */
const mostTries = 1_000;

/** Looks in `drift/` of the session's folder: 0600, secrets masked. */
export function openDriftKeeper(options: DriftOptions): DriftKeeper {
  const { folder, cwd, clock, redactor, env, fromHere } = options;

  function keep(id: string, text: string): string {
    mkdirSync(join(folder, 'drift'), { recursive: true, mode: 0o700 });
    for (let number = 1; ; number += 1) {
      const file = join('drift', `${id}-${String(number)}.txt`);
      try {
        writeFileSync(join(folder, file), text, { flag: 'wx', mode: 0o600, flush: true });
        return file;
      } catch (error) {
        if (codeOf(error) !== 'EEXIST' || number === mostTries) throw error;
      }
    }
  }

  async function read(
    source: { readonly path: string } | { readonly command: ReadyCommand },
    limitMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly text: string | null } | { readonly problem: string }> {
    if ('path' in source) return readText(resolve(cwd, source.path));
    const command = startable(source.command, fromHere);
    if (typeof command === 'string') return { problem: command };
    const { text, why } = await runReadOnly({
      command,
      streams: 'out',
      limitMs,
      mostBytes,
      signal,
      clock,
      env,
      redactor,
    });
    return why === null ? { text } : { problem: why };
  }

  return {
    async look(id, source, limitMs, ignore, signal): Promise<DriftLook> {
      const seen = await read(source, limitMs, signal);
      if ('problem' in seen) return { ok: false, detail: redactor.text(seen.problem) };
      const { text } = seen;
      if (text === null) return { ok: true, sum: '', file: '', bytes: 0, absent: true };
      try {
        // over the text as it is: two secrets that are masked alike are still two
        const sum = createHash('sha256').update(without(text, ignore)).digest('hex');
        const file = keep(id, redactor.text(text));
        return { ok: true, sum, file, bytes: Buffer.byteLength(text), absent: false };
      } catch (error) {
        return { ok: false, detail: `it could not be kept: ${messageOf(error)}` };
      }
    },
    difference(before, after, path) {
      const [old, now] = [before, after].map((file) =>
        file === '' ? null : readFileSync(join(folder, file), 'utf8'),
      );
      return differenceOf(old ?? null, now ?? null, path);
    },
  };
}

async function readText(
  path: string,
): Promise<{ readonly text: string | null } | { readonly problem: string }> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > mostBytes) return { problem: `it is larger than ${String(mostBytes)} bytes` };
    return { text: await file.readFile('utf8') };
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? { text: null } : { problem: messageOf(error) };
  }
}

/** The lines that count. */
function without(text: string, ignore: readonly string[]): string {
  const patterns = ignore.flatMap((source) => {
    const compiled = compilePattern(source);
    return compiled.ok ? [compiled.pattern] : [];
  });
  if (patterns.length === 0) return text;
  return text
    .split('\n')
    .filter((line) => !patterns.some((pattern) => pattern.matcher(line).find()))
    .join('\n');
}

/** A patch as `git apply` takes it, and how much it changes in words. */
function differenceOf(
  before: string | null,
  after: string | null,
  path: string,
): { readonly patch: string; readonly summary: string } {
  const what = before === null ? 'it was not there before' : after === null ? 'it is gone' : '';
  if ([before, after].some((text) => text?.includes('\0') === true))
    return { patch: '', summary: what === '' ? 'it is not a text' : what };
  const made = structuredPatch(path, path, before ?? '', after ?? '', undefined, undefined, {
    context: 3,
    maxEditLength: mostEdits,
  });
  if (made === undefined) return { patch: '', summary: 'nearly all of it: too much for a patch' };
  const lines = made.hunks.flatMap((hunk) => hunk.lines);
  const added = lines.filter((line) => line.startsWith('+')).length;
  const removed = lines.filter((line) => line.startsWith('-')).length;
  if (lines.length === 0 && what === '')
    return { patch: '', summary: 'what differs is masked as a secret, or does not count' };
  const summary = what === '' ? `${count(added)} added, ${count(removed)} removed` : what;
  const patch = [
    `diff --git a/${path} b/${path}`,
    ...(before === null ? ['new file mode 100644'] : after === null ? ['deleted file mode 100644'] : []),
    ...(lines.length === 0
      ? []
      : [
          `--- ${before === null ? '/dev/null' : `a/${path}`}`,
          `+++ ${after === null ? '/dev/null' : `b/${path}`}`,
        ]),
    ...made.hunks.flatMap(({ oldStart, oldLines, newStart, newLines, lines: body }) => [
      `@@ -${String(oldLines === 0 ? oldStart - 1 : oldStart)},${String(oldLines)} +${String(newLines === 0 ? newStart - 1 : newStart)},${String(newLines)} @@`,
      ...body,
    ]),
    '',
  ].join('\n');
  return patch.length > mostPatch
    ? { patch: '', summary: `${summary}: too much for a patch` }
    : { patch, summary };
}

const count = (lines: number): string => `${String(lines)} ${lines === 1 ? 'line' : 'lines'}`;

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;
