import type { FileRead, FileReader } from './files.ts';
import type { Loaded } from './load.ts';
import { loadRunbook } from './load.ts';

/**
 * Loads a runbook before it is known whether its session will be. What it came to stands for a later load only where that
 * one would read the very same bytes, and miss the very same files: loading depends on nothing else. Otherwise that
 * one is loaded like any other.
 * @param file its name in `files`, as in the later load
 */
export function loadAhead(file: string, files: FileReader): typeof loadRunbook {
  const reads = new Map<string, FileRead>();
  const loaded: Loaded = loadRunbook(file, {
    ...files,
    read: (path) => {
      const answer = files.read(path);
      reads.set(path, answer);
      return answer;
    },
  });
  return (later, laterFiles) =>
    later === file && [...reads].every(([path, answer]) => isSame(answer, laterFiles.read(path)))
      ? loaded
      : loadRunbook(later, laterFiles);
}

function isSame(a: FileRead, b: FileRead): boolean {
  if (!a.ok || !b.ok) return !a.ok && !b.ok && a.code === b.code && a.detail === b.detail;
  return a.bytes.length === b.bytes.length && a.bytes.every((byte, at) => byte === b.bytes[at]);
}
