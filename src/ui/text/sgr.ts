import { plain } from './plain.ts';
import type { Row, Span } from './row.ts';

// eslint-disable-next-line no-control-regex
const sequence = /\u001b\[([0-9;]{0,40})m/g;

/** One line of command output: its colours as spans, everything else plain. With `color` off, the colours are dropped. */
export function parseSgr(line: string, color: boolean): Row {
  if (!line.includes('\u001b')) return [{ text: plain(line.replaceAll('\t', '    ')) }];
  const spans: Span[] = [];
  let codes = '';
  let from = 0;
  const add = (text: string): void => {
    if (text === '') return;
    const shown = plain(text.replaceAll('\t', '    '));
    spans.push(codes === '' || !color ? { text: shown } : { text: shown, sgr: codes });
  };
  for (const match of line.matchAll(sequence)) {
    add(line.slice(from, match.index));
    from = match.index + match[0].length;
    const next = match[1] ?? '';
    codes =
      next === '' || next === '0'
        ? ''
        : next.startsWith('0;')
          ? next.slice(2)
          : codes === ''
            ? next
            : `${codes};${next}`;
  }
  add(line.slice(from));
  return spans;
}
