import { plainLines } from './plain.ts';
import { row, span, type Row, type Span } from './row.ts';
import { wrapRow } from './wrap.ts';

const inlinePattern = /\*\*(.+?)\*\*|`([^`]+)`|\[([^\]]+)\]\(([^)\s]+)\)|(?<![\w*])[*_]([^*_]+)[*_](?!\w)/g;

function inline(text: string): readonly Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const match of text.matchAll(inlinePattern)) {
    if (match.index > from) spans.push(span(text.slice(from, match.index)));
    const [whole, bold, code, label, target, emphasis] = match;
    if (bold !== undefined) spans.push(span(bold, 'strong'));
    else if (code !== undefined) spans.push(span(code, 'code'));
    else if (label !== undefined) spans.push(span(label === target ? label : `${label} (${target ?? ''})`));
    else spans.push(span(emphasis ?? whole, 'strong'));
    from = match.index + whole.length;
  }
  if (from < text.length) spans.push(span(text.slice(from)));
  return spans;
}

/**
 * The small part of Markdown that an author of a step needs (headings, lists, emphasis, code), as rows of `columns`.
 * Links show their address: nothing here can be clicked by surprise.
 */
export function markdownRows(text: string, columns: number, bullet = '•'): readonly Row[] {
  const rows: Row[] = [];
  let fenced = false;
  for (const line of plainLines(text.trim())) {
    if (line.trimStart().startsWith('```')) {
      fenced = !fenced;
      continue;
    }
    if (fenced) {
      rows.push(row(span(`  ${line}`, 'code')));
      continue;
    }
    const heading = /^#{1,6} +(.*)$/.exec(line);
    const item = /^( *)(?:[-*+]|(\d+[.)])) +(.*)$/.exec(line);
    if (heading) rows.push(...wrapRow([span(heading[1] ?? '', 'strong')], columns));
    else if (item) {
      const mark = `${item[1] ?? ''}${item[2] ?? bullet} `;
      rows.push(...wrapRow([span(mark), ...inline(item[3] ?? '')], columns, mark.length));
    } else rows.push(...wrapRow(inline(line), columns));
  }
  return rows;
}
