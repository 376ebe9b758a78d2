import { createHash } from 'node:crypto';
import { type FileReader, joinPath } from './files.ts';
import type { Command, Position } from './model/values.ts';
import { type Problem, problem } from './problem.ts';
import { plainText } from './template.ts';

/** A file that a runbook names and runs. */
export interface Script {
  readonly path: string;
  readonly at: Position;
}

/** Programs and arguments that are files of the runbook: they start with `./`. */
export function scriptsOf(commands: readonly Command[]): readonly Script[] {
  return commands.flatMap(({ program, at, where }) => {
    // On another host the path is that host's; it is hashed there, right before it runs.
    if (where.kind !== 'workstation') return [];
    const words =
      program.kind === 'argv'
        ? program.argv.flatMap((template) => plainText(template) ?? [])
        : (program.script.match(/(?<=^|[\s;&|(])\.\/[^\s;&|()<>'"$`]+/gm) ?? []);
    return words.filter((word) => word.startsWith('./')).map((path) => ({ path, at }));
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
  for (const { path, at } of scripts) {
    const inside = joinPath(file, path);
    if (inside === null) report(problem('WB202', at, `\`${path}\` leads out of the runbook’s folder.`));
    else if (!sums.has(inside)) {
      const found = reader.read(inside);
      if (found.ok) sums.set(inside, reader.sha256(found.bytes));
      else
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
