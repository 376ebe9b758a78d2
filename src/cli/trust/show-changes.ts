import { lineDiff } from '../../actions/line-diff.ts';
import { runbookFiles } from '../../actions/runbook-files.ts';
import type { ChangedFile } from '../../session/changed-files.ts';
import { inertLine } from '../inert-line.ts';

/** Most lines of a file's changes that are shown; the rest is counted. */
const mostLines = 80;

/** What changed in a closed set of files, as lines for a person: each file, and its lines. Nothing in it drives a terminal. */
export function showChanges(
  changed: readonly ChangedFile[],
  before: string,
  after: string,
): readonly string[] {
  return changed.flatMap(({ path, from, to }) => {
    const how = from === null ? 'is new' : to === null ? 'is gone' : 'changed';
    const lines = lineDiff(textOf(before, path, from), textOf(after, path, to)).map(inertLine);
    const more = lines.length - mostLines;
    return [
      `${inertLine(path)} ${how}`,
      ...lines.slice(0, mostLines).map((line) => `  ${line}`),
      ...(more > 0 ? [`  … and ${String(more)} more lines`] : []),
    ];
  });
}

function textOf(folder: string, path: string, sha256: string | null): string {
  if (sha256 === null) return '';
  const read = runbookFiles(folder).read(path);
  return read.ok ? new TextDecoder().decode(read.bytes) : '';
}
