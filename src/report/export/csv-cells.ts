import { visibleLine } from '../inert.ts';

/** One line that no spreadsheet reads as a formula: OWASP names the characters that begin one. */
export function inertCell(value: string): string {
  const line = visibleLine(value);
  return /^[=+\-@\t\r]/.test(line) ? `'${line}` : line;
}

/** A row as RFC 4180 wants it: every field that needs it quoted, ended by CRLF. */
export const csvLine = (cells: readonly string[]): string => `${cells.map(quoted).join(',')}\r\n`;

const quoted = (value: string): string =>
  /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
