/** One line of a comparison: kept, taken away or added. */
interface DiffLine {
  readonly sign: ' ' | '-' | '+';
  readonly text: string;
}

const context = 2;

/** Most cells of the table of the comparison; larger texts are told as replaced between what they share at both ends. */
const mostCells = 4_000_000;

/**
 * What changed between two texts, by lines: removed lines with `-`, added ones with `+`, two lines around each place, and
 * `@ line N` before it (N in the new text). Empty where nothing changed.
 */
export function lineDiff(before: string, after: string): readonly string[] {
  if (before === after) return [];
  const [a, b] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a.at(-1 - end) === b.at(-1 - end)) end += 1;
  const lines: readonly DiffLine[] = [
    ...a.slice(0, start).map(kept),
    ...between(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...a.slice(a.length - end).map(kept),
  ];
  return hunks(lines);
}

const linesOf = (text: string): readonly string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
const kept = (text: string): DiffLine => ({ sign: ' ', text });
const gone = (text: string): DiffLine => ({ sign: '-', text });
const come = (text: string): DiffLine => ({ sign: '+', text });

/** The longest common subsequence keeps as many lines as there are to keep. */
function between(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const width = b.length + 1;
  if (a.length * width > mostCells) return [...a.map(gone), ...b.map(come)];
  const common = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => common[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      common[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
  const lines: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lines.push(kept(a[i] ?? ''));
      i += 1;
      j += 1;
    } else if (i < a.length && (j === b.length || at(i + 1, j) >= at(i, j + 1))) {
      lines.push(gone(a[i] ?? ''));
      i += 1;
    } else {
      lines.push(come(b[j] ?? ''));
      j += 1;
    }
  }
  return lines;
}

function hunks(lines: readonly DiffLine[]): readonly string[] {
  const near = (index: number): boolean =>
    lines.slice(Math.max(0, index - context), index + context + 1).some(({ sign }) => sign !== ' ');
  const shown: string[] = [];
  let number = 0;
  let before = false;
  for (const [index, { sign, text }] of lines.entries()) {
    if (sign !== '-') number += 1;
    const now = near(index);
    if (now && !before) shown.push(`@ line ${String(sign === '-' ? number + 1 : number)}`);
    if (now) shown.push(`${sign}${text}`);
    before = now;
  }
  return shown;
}
