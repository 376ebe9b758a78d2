import { Text } from 'ink';
import type { Row } from '../text/row.ts';
import { paintRow, type Theme } from '../theme.ts';

/** What stands at the end of a row without a style is what is there anyway; Ink looks at every character it is given. */
const trimmed = (painted: string): string => painted.trimEnd();

/**
 * Rows as one text. The rows are as wide as their place already, so that Ink measures one node and cuts nothing; what
 * did not change is the same string and costs nothing.
 */
export function Pane({ rows, theme }: { readonly rows: readonly Row[]; readonly theme: Theme }) {
  if (rows.length === 0) return null;
  const text = rows.map((line) => trimmed(paintRow(line, theme))).join('\n');
  return <Text wrap="truncate">{text === '' ? ' ' : text}</Text>;
}
