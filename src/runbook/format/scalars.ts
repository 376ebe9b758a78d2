import type { Piece, ScalarStyle } from './pieces.ts';

type Scalar = Pick<Extract<Piece, { kind: 'scalar' }>, 'style' | 'source'>;

/** One scalar on one line. Quotes stay where the author put them; which ones they are follows from the text. */
export function scalarText({ style, source }: Scalar): string {
  return style === 'plain' || style === 'block' ? source.trim() : requoted(style, source);
}

/**
 * Single quotes, unless the text holds one and no double one; where an escape or a backslash needs the quotes that are
 * there, they stay.
 */
function requoted(style: Exclude<ScalarStyle, 'plain' | 'block'>, source: string): string {
  const inside = source.slice(1, -1);
  if (style === 'double' ? /\\[^"]/.test(inside) : inside.includes('\\')) return source;
  const text = style === 'double' ? inside.replaceAll('\\"', '"') : inside.replaceAll("''", "'");
  return text.includes("'") && !text.includes('"') ? `"${text}"` : `'${text.replaceAll("'", "''")}'`;
}

/** A scalar with what it needs of further lines: folded texts keep their lines, blocks their own indentation. */
export function scalarLines(scalar: Scalar, indent: number): string[] {
  const { style, source } = scalar;
  const pad = ' '.repeat(indent);
  if (style === 'block') return blockLines(source, pad);
  if (!source.includes('\n')) return [scalarText(scalar)];
  const [first = '', ...rest] = source.split(/\r?\n/);
  return [first.trimEnd(), ...rest.map((line) => (line.trim() === '' ? '' : `${pad}${line.trim()}`))];
}

function blockLines(source: string, pad: string): string[] {
  const [head = '', ...lines] = source.replace(/\n$/, '').split(/\r?\n/);
  const marks = (/^[|>][-+0-9]*/.exec(head)?.[0] ?? head).replace(/[0-9]/, String(2));
  const given = /[0-9]/.test(head);
  const used = lines.filter((line) => line.trim() !== '');
  const cut = Math.min(...used.map((line) => /^ */.exec(line)?.[0].length ?? 0));
  const [first = ''] = used;
  const own = /^ */.exec(first)?.[0].length ?? 0;
  // without a number the first line that is not empty says how far the text is indented
  const indent = given || used.length === 0 ? cut : own;
  return [
    marks,
    ...lines.map((line) =>
      line.trim() === '' && line.length <= indent ? '' : `${pad}${line.slice(indent)}`,
    ),
  ];
}
