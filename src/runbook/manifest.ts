import { type FileReader, joinPath } from './files.ts';
import type { ReleaseManifest } from './model/scope.ts';
import { type Node, child } from './node.ts';
import { parseYaml } from './parse-yaml.ts';
import { type Problem, problem } from './problem.ts';
import { manifestSchema } from './schema/scope.ts';
import { validate } from './validate.ts';

export interface ReadManifest {
  readonly manifest: ReleaseManifest | null;
  /** What was read, for the closed set of files that the runbook's hash covers. */
  readonly files: readonly (readonly [path: string, bytes: Uint8Array])[];
}

/** Reads the file that `scope.manifest` names; what is wrong with it is reported at its own lines. */
export function readManifest(
  file: string,
  path: string | null,
  root: Node,
  files: FileReader,
  report: (found: Problem) => void,
): ReadManifest | null {
  if (path === null) return null;
  const { at } = child(child(root, 'scope'), 'manifest');
  const inside = joinPath(file, path);
  if (inside === null) {
    report(problem('WB202', at, `\`${path}\` leads out of the runbook’s folder.`));
    return null;
  }
  const read = files.read(inside);
  if (!read.ok) {
    const code = read.code === 'outside' ? 'WB202' : 'WB201';
    report(problem(code, at, `\`${path}\` cannot be read: ${read.detail}.`));
    return null;
  }
  const known = { files: [[inside, read.bytes] as const] };
  const parsed = parseYaml(read.bytes, inside);
  if (!parsed.ok) {
    for (const one of parsed.problems) report(one);
    return { ...known, manifest: null };
  }
  const checked = validate(manifestSchema, parsed.root);
  if (!checked.ok) {
    for (const one of checked.problems) report(one);
    return { ...known, manifest: null };
  }
  const list = child(parsed.root, 'changed');
  const changed = checked.doc.changed.map((one, index) => {
    const here = child(list, index);
    for (const end of ['from', 'to'] as const) {
      const value = one[end];
      if (typeof value === 'number' && !Number.isInteger(value))
        report(problem('WB905', child(here, end).at, `\`${end}: ${String(value)}\` is a decimal number.`));
    }
    return { ...one, at: child(here, 'component').at };
  });
  return { ...known, manifest: { id: checked.doc.id, file: inside, changed } };
}
