import { structuredPatch } from 'diff';

/** What changed between two texts, by lines: `-` and `+`, two lines around each place, and its line in the new text. */
export function lineDiff(before: string, after: string): readonly string[] {
  const { hunks } = structuredPatch('before', 'after', before, after, '', '', { context: 2 });
  return hunks.flatMap(({ newStart, lines }) => [`@ line ${String(newStart)}`, ...lines]);
}
