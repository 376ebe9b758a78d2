import type { Reading } from '../machine/facts/values.ts';
import { figureText } from '../judge/figure-text.ts';

/** A measured value (JSON text) as every front end shows it; what was measured as text stays as it was. */
export const measuredText = (value: string, unit: string | null): string => {
  const isText = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  if (!isText) return figureText(value, unit);
  const bare = value.slice(1, -1);
  if (bare === '') return '(empty)';
  return unit === null ? bare : `${bare} ${unit}`;
};

/** `errors 8.1 % (expected < 2 %): fail` */
export function readingText({ subject, value, unit, expected, result, code, detail }: Reading): string {
  const measured = value === null ? 'no value' : figureText(value, unit);
  const why = [code, detail].filter((text) => text !== null && text !== '').join(', ');
  const because = result === 'pass' || why === '' ? '' : ` (${why})`;
  // a fact put on the screen is not held against anything: it has a value, or a reason why it has none
  if (expected === '') return `${subject} ${measured}${result === 'pass' ? '' : `: ${result}${because}`}`;
  return `${subject} ${measured} (expected ${expected}): ${result}${because}`;
}
