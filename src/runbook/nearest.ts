/** Edits (insert, delete, replace) between two words. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (const [line, letter] of [...a].entries()) {
    const next = [line + 1];
    for (const [column, other] of [...b].entries()) {
      const replaced = (row[column] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(replaced, (row[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** The candidate that was probably meant, or null where none is close. */
export function nearest(word: string, candidates: Iterable<string>): string | null {
  const limit = Math.max(1, Math.floor(word.length / 3));
  let best: { readonly name: string; readonly far: number } | null = null;
  if (word.length > 64) return null;
  for (const name of candidates) {
    if (Math.abs(name.length - word.length) > limit) continue;
    const far = distance(word, name);
    if (far <= limit && (best === null || far < best.far)) best = { name, far };
  }
  return best?.name ?? null;
}

/** ` Did you mean "x"?`, or the names there are, or nothing. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const names = [...candidates];
  const name = nearest(word, names);
  if (name !== null) return ` Did you mean "${name}"?`;
  return names.length > 0 && names.length <= 12
    ? ` There ${names.length === 1 ? 'is' : 'are'}: ${names.join(', ')}.`
    : '';
}
