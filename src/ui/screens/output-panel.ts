import type { OutputFeed } from '../../session/client.ts';
import { titledRule } from '../kit/dialog.ts';
import type { Look } from '../look.ts';
import type { OutputState } from '../state/screen-state.ts';
import { emptyRow, fitRow, row, rowText, span, type Row } from '../text/row.ts';
import { parseSgr } from '../text/sgr.ts';
import { hardWrapRow } from '../text/wrap.ts';
import { clockText } from '../time.ts';

/** Marks every occurrence of what was searched for. */
function highlight(line: Row, query: string): Row {
  const text = rowText(line);
  const wanted = query.toLowerCase();
  const spans = [];
  let from = 0;
  for (
    let at = text.toLowerCase().indexOf(wanted);
    at !== -1;
    at = text.toLowerCase().indexOf(wanted, from)
  ) {
    spans.push(span(text.slice(from, at)), span(text.slice(at, at + wanted.length), 'match'));
    from = at + wanted.length;
  }
  return spans.length === 0 ? line : [...spans, span(text.slice(from))];
}

const timePart = (atMs: number): Row[number] => span(`${clockText(atMs)} `, 'dim');

function lineRows(
  line: { readonly text: string; readonly atMs: number },
  output: OutputState,
  look: Look,
  columns: number,
): readonly Row[] {
  const before = output.times ? [timePart(line.atMs)] : [];
  const inset = output.times ? clockText(line.atMs).length + 1 : 0;
  const parsed = parseSgr(line.text, look.theme.color);
  const marked = output.query === '' ? parsed : highlight(parsed, output.query);
  if (!output.wrap) return [fitRow([...before, ...marked], columns)];
  return hardWrapRow(marked, Math.max(8, columns - inset)).map((part, at) =>
    fitRow(at === 0 ? [...before, ...part] : [span(' '.repeat(inset)), ...part], columns),
  );
}

/** The visible lines and no others: what is out of sight costs nothing. */
function outputLineRows(
  feed: OutputFeed,
  output: OutputState,
  look: Look,
  columns: number,
  height: number,
): readonly Row[] {
  const count = feed.count();
  const top = output.follow ? Math.max(0, count - height) : Math.max(0, Math.min(output.top, count - height));
  const rows = feed.lines(top, height).flatMap((line) => lineRows(line, output, look, columns));
  const shown = output.follow ? rows.slice(-height) : rows.slice(0, height);
  return [...shown, ...Array.from({ length: Math.max(0, height - shown.length) }, () => emptyRow)];
}

function stateWords(output: OutputState, count: number, height: number, look: Look): string {
  const words: string[] = [];
  if (output.follow) words.push('following');
  else {
    const below = Math.max(0, count - output.top - height);
    words.push(
      below > 0
        ? `${look.glyphs.down} ${below} new ${below === 1 ? 'line' : 'lines'}, f follows`
        : 'at the end',
    );
  }
  if (output.wrap) words.push('wrapped');
  if (output.query !== '') {
    words.push(
      output.matches.length === 0 ? 'no match' : `match ${output.match + 1} of ${output.matches.length}`,
    );
  }
  return words.join(`, `);
}

/** The output under a line that says what it is, whether it follows, and how much there is. */
export function outputRows(
  feed: OutputFeed | null,
  output: OutputState,
  look: Look,
  columns: number,
  height: number,
  focused: boolean,
): readonly Row[] {
  if (height <= 0) return [];
  const inner = height - 1;
  if (feed === null || feed.count() === 0) {
    const rule = titledRule('output', '', columns, look.glyphs.rule, 'border', focused ? 'focus' : 'dim');
    const none = fitRow(row(span(' nothing printed yet', 'dim')), columns);
    return [
      rule,
      ...(inner > 0 ? [none] : []),
      ...Array.from({ length: Math.max(0, inner - 1) }, () => emptyRow),
    ];
  }
  const count = feed.count();
  const title = `output ${look.glyphs.rule} ${stateWords(output, count, inner, look)}`;
  const rule = titledRule(
    title,
    `${count} ${count === 1 ? 'line' : 'lines'}`,
    columns,
    look.glyphs.rule,
    'border',
    focused ? 'focus' : 'title',
  );
  return [rule, ...outputLineRows(feed, output, look, columns, inner)];
}
