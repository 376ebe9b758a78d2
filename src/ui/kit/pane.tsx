import { Text } from 'ink';
import type { Row } from '../text/row.ts';
import { paintRow, type Theme } from '../theme.ts';

/**
 * Rows as one text. The rows are as wide as their place already, so that Ink measures one node and cuts nothing; what
 * did not change is the same string and costs nothing.
 */
export function Pane({ rows, theme }: { readonly rows: readonly Row[]; readonly theme: Theme }) {
  if (rows.length === 0) return null;
  return <Text wrap="truncate">{rows.map((line) => paintRow(line, theme)).join('\n')}</Text>;
}
