import { visible, visibleLine } from './inert.ts';

/**
 * Markdown in which only we can write structure. Values are escaped so that CommonMark, GitHub's tables and naive
 * renderers all show them as the characters they are: no tag, link, image, heading, emphasis or cell can start.
 */

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '|': '&#124;' };

/** One value on one line, anywhere in a line: in prose, in a table cell, in a heading. */
export function inline(value: string): string {
  const line = visibleLine(value);
  return line === '' ? '—' : atLineStart(escaped(line));
}

function escaped(line: string): string {
  return (
    line
      .replaceAll(/[\\`*[\]~$!]/g, String.raw`\$&`)
      // An underscore inside a word is no emphasis, and names are easier to read without the escape.
      .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, String.raw`\_`)
      // The pipe as an entity: renderers disagree about a backslash before it in a table.
      .replaceAll(/[&<>|]/g, (character) => entities[character] ?? '')
      // Bare addresses are made into links by GitHub.
      .replaceAll('://', String.raw`\://`)
      .replaceAll(/\bwww\./giu, (found) => `${found.slice(0, -1)}\\.`)
      .replaceAll(/@(?=\p{L})/gu, String.raw`\@`)
  );
}

/** What has a meaning only where a line begins. */
function atLineStart(line: string): string {
  return line.replace(/^[#+\-=:]/, String.raw`\$&`).replace(/^(\d{1,9})([.)])/, String.raw`$1\$2`);
}

/** A code block whose fence is longer than any run of backticks inside it. */
export function fenced(text: string, language = 'text'): string {
  const body = visible(text);
  const longest = Math.max(2, ...Array.from(body.matchAll(/`+/g), ([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${body.replace(/\n+$/, '')}\n${fence}`;
}

/** A table; cells are values and are escaped here. Without rows it says so in words. */
export function table(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  none = 'None recorded.',
): string {
  if (rows.length === 0) return none;
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [
    line(heads.map(inline)),
    line(heads.map(() => '---')),
    ...rows.map((row) => line(heads.map((_, index) => inline(row[index] ?? '')))),
  ].join('\n');
}

/** A list of values, escaped here. */
export const bullets = (items: readonly string[], none = 'None recorded.'): string =>
  items.length === 0 ? none : items.map((item) => `- ${inline(item)}`).join('\n');
