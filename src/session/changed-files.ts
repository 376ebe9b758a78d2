import type { Runbook } from '../runbook/model.ts';

/** A file of the closed set that differs; null where it was not there, or is there no more. */
export interface ChangedFile {
  readonly path: string;
  readonly from: string | null;
  readonly to: string | null;
}

type ClosedSet = Runbook['closure'];

/** The files in which two closed sets differ, by path. */
export function changedFiles(before: ClosedSet, after: ClosedSet): readonly ChangedFile[] {
  const [from, to] = [before, after].map((set) => new Map(set.map(({ path, sha256 }) => [path, sha256])));
  const paths = [...new Set([...before, ...after].map(({ path }) => path))].toSorted();
  return paths
    .map((path) => ({ path, from: from?.get(path) ?? null, to: to?.get(path) ?? null }))
    .filter((one) => one.from !== one.to);
}
