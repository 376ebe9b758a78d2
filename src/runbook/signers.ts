import { joinPath } from './files.ts';
import type { Runbook } from './model.ts';

/** The lists of signers that a runbook names, by the paths of its closed set: who may sign is part of what was reviewed. */
export function listsOfSigners({ file, roles }: Pick<Runbook, 'file' | 'roles'>): ReadonlySet<string> {
  return new Set(
    roles.flatMap(({ signers }) => {
      const inside = signers === null ? null : joinPath(file, signers);
      return inside === null ? [] : [inside];
    }),
  );
}
