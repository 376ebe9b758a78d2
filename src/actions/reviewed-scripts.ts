import { OperatorError } from '../errors.ts';
import { joinPath } from '../runbook/files.ts';
import type { Runbook } from '../runbook/model.ts';
import { wordsThatRun } from '../runbook/words-that-run.ts';
import type { ReadyCommand } from '../session/ports.ts';
import { runbookFiles } from './runbook-files.ts';

/** Answers the command as it may start; throws `OperatorError` where a file that it runs is not the reviewed one. */
export type CheckScripts = (command: ReadyCommand) => ReadyCommand;

/**
 * Looks at the files that a command runs right before it starts: they are those that were reviewed, through links, or
 * nothing starts. On another host or in a pod the look is taken there, by the command line that starts it.
 * @param root the folder of the runbook, where its scripts lie and run
 */
export function reviewedScripts(
  root: string,
  { file, closure }: Pick<Runbook, 'file' | 'closure'>,
): CheckScripts {
  const files = runbookFiles(root);
  const sums = new Map(closure.map(({ path, sha256 }) => [path, sha256]));
  const summed = (word: string): string | undefined => sums.get(joinPath(file, word) ?? '');
  return (command) => {
    const words = wordsThatRun(command.argv);
    if (command.where !== undefined) {
      const known = words.flatMap(({ path }) => {
        const sha256 = summed(path);
        return sha256 === undefined ? [] : [[sha256, path] as const];
      });
      return known.length === 0 ? command : { ...command, argv: checkedThere(known, command.argv) };
    }
    for (const { path, surely } of words) {
      const inside = joinPath(file, path);
      const expected = summed(path);
      const read = files.read(inside ?? path);
      if (expected === undefined) {
        // what a shell line or an interpreter names may be made by the session itself; what is started may not
        if (surely) throw changed(path, 'it is not among the files that were reviewed');
      } else if (!read.ok) throw changed(path, read.detail);
      else if (files.sha256(read.bytes) !== expected)
        throw changed(path, 'it is not the file that the session is pinned to');
    }
    return command;
  };
}

const changed = (path: string, why: string): OperatorError =>
  new OperatorError(`${path} was not started: ${why}.`, [
    'Put the reviewed file back, or take the new one over: walkback rebase SESSION --reason "…"',
  ]);

/** Exit code of a command that was not started elsewhere, because a file there is not the reviewed one. */
const notReviewed = 93;

const look = `n=$1; shift
while [ "$n" -gt 0 ]; do
  printf '%s  %s\\n' "$1" "$2" | sha256sum -c - >/dev/null 2>&1 || {
    echo "walkback: $2 was not started: it is not the reviewed file here, or sha256sum is missing" >&2
    exit ${String(notReviewed)}
  }
  shift 2; n=$((n - 1))
done
exec "$@"`;

/** The command line that compares the sums where it arrives, and becomes the command only if all of them are right. */
const checkedThere = (
  known: readonly (readonly [sha256: string, path: string])[],
  argv: readonly string[],
): readonly string[] => ['sh', '-c', look, 'walkback', String(known.length), ...known.flat(), ...argv];
