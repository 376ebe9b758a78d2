import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { shippedFolder } from '../program-files.ts';
import type { Surroundings } from '../surroundings.ts';

/** Runbooks of this folder's `runbooks/`, else those that ship with the program. */
export function runbooksHere(around: Surroundings): readonly string[] {
  const own = yamlIn(join(around.cwd, 'runbooks'));
  return own.length > 0 ? own : yamlIn(shippedFolder(around, 'runbooks'));
}

function yamlIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter((name) => /\.ya?ml$/.test(name))
      .toSorted()
      .map((name) => join(folder, name));
  } catch {
    return [];
  }
}
