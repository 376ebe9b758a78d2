import { createHash } from 'node:crypto';
import { type FileReader, joinPath } from './files.ts';
import type { Command, Position } from './model/values.ts';
import { type Problem, problem } from './problem.ts';
import { plainText } from './template.ts';
import { wordsThatRun } from './words-that-run.ts';

/** A file that a runbook names, and runs or goes by. */
export interface Script {
  readonly path: string;
  readonly at: Position;
  /**
   * It may be missing here: `here` where it is then no file of the runbook, `elsewhere` where it lies on another host,
   * `nobody_signs` for a list of signers.
   */
  readonly missing?: 'here' | 'elsewhere' | 'nobody_signs';
}

/** Programs and arguments that are files of the runbook. */
export function scriptsOf(commands: readonly Command[]): readonly Script[] {
  return commands.flatMap(({ program, at, where }) => {
    const words = wordsThatRun(
      program.kind === 'argv' ? program.argv.map(plainText) : ['sh', '-c', program.script],
    );
    return words.map(({ path }): Script => {
      if (!path.startsWith('./')) return { path, at, missing: 'here' };
      // the same file is reviewed beside the runbook, and compared there right before it runs
      return where.kind === 'workstation' ? { path, at } : { path, at, missing: 'elsewhere' };
    });
  });
}

export interface Fingerprint {
  readonly hash: string;
  readonly closure: readonly { readonly path: string; readonly sha256: string }[];
}

/** Hashes the runbook, what it uses and the scripts that it names, as one closed set. */
export function fingerprint(
  reader: FileReader,
  file: string,
  read: ReadonlyMap<string, Uint8Array>,
  scripts: readonly Script[],
  report: (found: Problem) => void,
): Fingerprint {
  const sums = new Map<string, string>();
  for (const [path, bytes] of read) sums.set(path, reader.sha256(bytes));
  for (const { path, at, missing } of scripts) {
    const inside = joinPath(file, path);
    if (inside === null && missing !== undefined && missing !== 'nobody_signs') continue;
    if (inside === null) report(problem('WB202', at, `\`${path}\` leads out of the runbook’s folder.`));
    else if (!sums.has(inside)) {
      const found = reader.read(inside);
      if (found.ok) sums.set(inside, reader.sha256(found.bytes));
      else if (missing === 'elsewhere')
        report(problem('WB220', at, `Nobody can tell whether \`${path}\` there is what was reviewed.`));
      else if (missing === 'nobody_signs' && found.code !== 'outside')
        report(problem('WB221', at, `Nobody can sign: \`${path}\` cannot be read: ${found.detail}.`));
      else if (missing !== 'here')
        report(
          problem(
            found.code === 'outside' ? 'WB202' : 'WB201',
            at,
            `\`${path}\` cannot be read: ${found.detail}.`,
          ),
        );
    }
  }
  const closure = [...sums]
    .map(([path, sha256]) => ({ path, sha256 }))
    .toSorted((a, b) => (a.path < b.path ? -1 : 1));
  return { hash: hashOf(closure), closure };
}

/** One hash over a closed set of files: over their paths and their own hashes, so that no file can stand for another. */
function hashOf(closure: Fingerprint['closure']): string {
  const sum = createHash('sha256').update('walkback runbook 1\n');
  for (const { path, sha256 } of closure) sum.update(`${path.length}:${path} ${sha256}\n`);
  return `sha256:${sum.digest('hex')}`;
}
