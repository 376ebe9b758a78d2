/** The shape of the newest values in `columns` signs; where there was no data there is a gap, never a zero. */
export function sparkline(
  samples: readonly (number | null)[],
  columns: number,
  signs: readonly string[],
  gap: string,
): string {
  const shown = samples.slice(-columns);
  const known = shown.filter((value): value is number => value !== null && Number.isFinite(value));
  if (known.length === 0) return '';
  const low = Math.min(...known);
  const high = Math.max(...known);
  const top = signs.length - 1;
  return shown
    .map((value) => {
      if (value === null || !Number.isFinite(value)) return gap;
      if (high === low) return signs[0] ?? '';
      return signs[Math.round(((value - low) / (high - low)) * top)] ?? '';
    })
    .join('');
}

/** The signs that texts are drawn with: a font may have no more than ASCII. */
export interface Signs {
  readonly spark: readonly string[];
  readonly bar: string;
  readonly gap: string;
}

export const signsOf = (onlyAscii: boolean): Signs =>
  onlyAscii
    ? { spark: ['_', '.', ':', '-', '=', '+', '*', '#'], bar: '#', gap: ' ' }
    : { spark: ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'], bar: '█', gap: ' ' };

/** A bar for a value from 0 to `most`, at most `columns` wide; whatever is more than nothing shows. */
export function barOf(value: number, most: number, columns: number, sign: string): string {
  if (!(value > 0) || !(most > 0)) return '';
  return sign.repeat(Math.max(1, Math.round((Math.min(value, most) / most) * columns)));
}
