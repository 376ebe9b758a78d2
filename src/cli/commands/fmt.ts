import { readFileSync } from 'node:fs';
import { OperatorError, exitCode } from '../../errors.ts';
import { formatRunbook } from '../../runbook/format/format.ts';
import { formatProblem } from '../../runbook/problem.ts';
import { replaceFile } from '../replace-file.ts';
import type { Surroundings } from '../surroundings.ts';

export interface FmtFlags {
  readonly check?: true;
}

interface Shaped {
  readonly file: string;
  readonly before: string;
  readonly after: string;
}

/** Exit code of `--check` where a file is not written as `fmt` writes it. */
const notFormatted = 1;

/** `walkback fmt`: writes runbooks and fragments the one way. Where one of them does not parse, none is touched. */
export function fmt(around: Surroundings, files: readonly string[], flags: FmtFlags): number {
  if (files.length === 0) throw new OperatorError('Which runbook?', ['walkback fmt RUNBOOK…']);
  const shaped = files.map(shape);
  const refused = shaped.flatMap((one) => ('problems' in one ? one.problems : []));
  const [first, ...more] = refused;
  if (first !== undefined) {
    throw new OperatorError([first, ...more].join('\n'), [
      'Correct it, then try again: nothing was written.',
    ]);
  }
  const changed = shaped.filter((one): one is Shaped => 'after' in one && one.after !== one.before);
  for (const { file } of changed) around.write(`${file}\n`);
  if (flags.check === true) return changed.length === 0 ? exitCode.done : notFormatted;
  for (const { file, after } of changed) replaceFile(file, after);
  return exitCode.done;
}

function shape(file: string): Shaped | { readonly problems: readonly string[] } {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { problems: [`${file}:1:1: The file cannot be read: ${why}`] };
  }
  const made = formatRunbook(bytes, file);
  if (!made.ok) return { problems: made.problems.map(formatProblem) };
  return { file, before: bytes.toString('utf8'), after: made.text };
}
