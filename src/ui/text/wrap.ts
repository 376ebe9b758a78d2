import type { Row, Span } from './row.ts';
import { takeColumns, textWidth } from './width.ts';

interface Word {
  readonly span: Span;
  readonly width: number;
  readonly blank: boolean;
}

const wordsOf = (spans: Row): readonly Word[] =>
  spans.flatMap((piece) =>
    (piece.text.match(/ +|[^ ]+/g) ?? []).map((text) => ({
      span: { ...piece, text },
      width: textWidth(text),
      blank: text.startsWith(' '),
    })),
  );

/**
 * Breaks a row at blanks into rows of at most `columns`; a word longer than a row is cut where the row ends. Rows after
 * the first start `indent` columns in.
 */
export function wrapRow(spans: Row, columns: number, indent = 0): readonly Row[] {
  const rows: Span[][] = [];
  const inset = Math.min(indent, Math.max(0, columns - 8));
  let current: Span[] = [];
  let used = 0;
  const breakLine = (): void => {
    rows.push(current);
    current = inset > 0 ? [{ text: ' '.repeat(inset) }] : [];
    used = inset;
  };
  for (const word of wordsOf(spans)) {
    if (word.width <= columns - used) {
      current.push(word.span);
      used += word.width;
      continue;
    }
    if (word.blank) {
      breakLine();
      continue;
    }
    if (used > inset && word.width <= columns - inset) breakLine();
    let rest = word.span.text;
    while (textWidth(rest) > columns - used) {
      const fitting = takeColumns(rest, columns - used);
      if (fitting === '' && used > inset) {
        breakLine();
        continue;
      }
      const head = fitting === '' ? [...rest].slice(0, 1).join('') : fitting;
      current.push({ ...word.span, text: head });
      rest = rest.slice(head.length);
      breakLine();
    }
    if (rest !== '') {
      current.push({ ...word.span, text: rest });
      used += textWidth(rest);
    }
  }
  rows.push(current);
  return rows;
}

/** Cuts at the edge and nowhere else, so that what is shown can be copied character by character. */
export function hardWrapRow(spans: Row, columns: number): readonly Row[] {
  const rows: Span[][] = [[]];
  let used = 0;
  for (const piece of spans) {
    let rest = piece.text;
    while (rest !== '') {
      const head = takeColumns(rest, columns - used);
      if (head === '') {
        if (used === 0) break;
        rows.push([]);
        used = 0;
        continue;
      }
      rows.at(-1)?.push({ ...piece, text: head });
      used += textWidth(head);
      rest = rest.slice(head.length);
    }
  }
  return rows;
}
