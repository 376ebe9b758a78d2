import { readFileSync } from 'node:fs';
import { OperatorError, exitCode } from '../../errors.ts';
import { type Migrated, migrate } from '../../runbook/migrate.ts';
import { inertLine } from '../inert-line.ts';
import { replaceFile } from '../replace-file.ts';
import type { Surroundings } from '../surroundings.ts';

/** `walkback migrate`: brings runbooks and fragments to the newest version of the format. Where one cannot be, none is touched. */
export function migrateFiles(around: Surroundings, files: readonly string[]): number {
  const migrated = files.map((file) => ({ file, made: migrate(textOf(file)) }));
  const refused = migrated.flatMap(({ file, made }) =>
    made.ok ? [] : [`${file}:${String(made.line)}:1: ${inertLine(made.problem)}`],
  );
  if (refused.length > 0)
    throw new OperatorError(refused.join('\n'), ['Correct it, then try again: nothing was written.']);
  for (const { file, made } of migrated) around.write(`${inertLine(told(file, made))}\n`);
  for (const { file, made } of migrated) if (made.ok && made.from !== made.to) replaceFile(file, made.text);
  return exitCode.done;
}

function told(file: string, made: Migrated): string {
  if (!made.ok) return file;
  return made.from === made.to
    ? `${file}: version ${String(made.to)}, the newest; nothing to do`
    : `${file}: version ${String(made.from)} → ${String(made.to)}; look at it, and have it reviewed again`;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new OperatorError(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      ['Give a runbook or a fragment.'],
    );
  }
}
