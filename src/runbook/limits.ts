import { Lexer, CST, LineCounter } from 'yaml';
import type { Position } from './model/values.ts';
import { type Problem, problem } from './problem.ts';

/** What one file may be. A node is a mapping, a list or a scalar value; keys are not counted. */
export const limits = {
  bytes: 256 * 1024,
  depth: 32,
  nodes: 5_000,
  lines: 20_000,
  /** Files that one runbook may pull in, how deep, and what they may come to. */
  files: 64,
  useDepth: 8,
  steps: 2_000,
  expandedNodes: 100_000,
} as const;

export type Decoded =
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly problem: Problem };

/** Bytes to text: UTF-8 without a mark, no NUL, no more than the limit. */
export function decode(bytes: Uint8Array, file: string): Decoded {
  const start: Position = { file, line: 1, column: 1 };
  const refuse = (found: Problem): Decoded => ({ ok: false, problem: found });
  if (bytes.length > limits.bytes) {
    return refuse(
      problem('WB002', start, `The file has ${bytes.length} bytes; the limit is ${limits.bytes}.`),
    );
  }
  const [first = -1, second = -1, third = -1] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) {
    return refuse(problem('WB003', start, 'The file starts with a byte order mark.'));
  }
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    return refuse(problem('WB003', start, 'The file is UTF-16.'));
  }
  const zero = bytes.indexOf(0);
  if (zero >= 0) return refuse(problem('WB003', byteAt(bytes, zero, file), 'The file has a NUL byte.'));
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return refuse(problem('WB003', byteAt(bytes, firstBadByte(bytes), file), 'The file is not valid UTF-8.'));
  }
}

function byteAt(bytes: Uint8Array, offset: number, file: string): Position {
  const before = bytes.subarray(0, offset);
  const line = before.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 1);
  return { file, line, column: offset - before.lastIndexOf(10) };
}

/** Halves the range until the shortest prefix that does not decode is found. */
function firstBadByte(bytes: Uint8Array): number {
  const decodes = (length: number): boolean => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream: true });
      return true;
    } catch {
      return false;
    }
  };
  let low = 0;
  let high = bytes.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (decodes(middle)) low = middle;
    else high = middle;
  }
  return decodes(bytes.length) ? bytes.length - 1 : high - 1;
}

/**
 * Looks at the flat stream of tokens before anything is nested or compared: the parser recurses and its key check is
 * quadratic, so what reaches it is bounded first. Answers the tokens as the parser takes them, or the first thing that is
 * refused.
 */
export function checkedTokens(text: string, file: string): Problem | readonly string[] {
  const lines = new LineCounter();
  lines.addNewLine(0);
  const tokens: string[] = [];
  let offset = 0;
  let lineStart = 0;
  let flow = 0;
  let nodes = 0;
  let onLine = 0;
  let newlines = 0;
  let atLineStart = true;
  let content = false;
  const indents: number[] = [];
  const here = (): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(1, line), column: Math.max(1, col) };
  };

  for (const source of new Lexer().lex(text)) {
    tokens.push(source);
    const type = CST.tokenType(source);
    if (source === CST.DOCUMENT || source === CST.FLOW_END || source === CST.SCALAR) continue;
    if (type === 'newline') {
      atLineStart = true;
      onLine = 0;
      newlines += 1;
      if (newlines > limits.lines) {
        return problem('WB005', here(), `The file has more than ${limits.lines} lines.`);
      }
    } else if (type !== 'space' && type !== 'comment') {
      if (type === 'anchor' || type === 'alias') {
        return problem(
          'WB006',
          here(),
          `\`${shorten(source)}\`: anchors and aliases are not part of the format.`,
        );
      }
      if (type === 'tag')
        return problem('WB007', here(), `\`${shorten(source)}\`: tags are not part of the format.`);
      if (type === 'doc-start' && content) return problem('WB009', here(), 'A second document starts here.');
      if (isOpenQuote(source)) return problem('WB011', here(), 'This quoted text is not closed.');
      if (type === 'directive-line')
        return problem('WB009', here(), 'Directives are not part of the format.');
      if (type !== 'doc-start' && type !== 'doc-end') content = true;
      if (atLineStart && flow === 0) {
        const column = offset - lineStart + 1;
        while ((indents.at(-1) ?? 0) >= column) indents.pop();
        indents.push(column);
        atLineStart = false;
      }
      if (type === 'flow-map-start' || type === 'flow-seq-start') {
        flow += 1;
        nodes += 1;
      } else if (type === 'flow-map-end' || type === 'flow-seq-end') flow = Math.max(0, flow - 1);
      else if (type === 'seq-item-ind' || type === 'explicit-key-ind' || type === 'map-value-ind') {
        if (flow === 0) onLine += 1;
        nodes += 1;
      } else if (type === 'comma') nodes += 1;
      if (flow > limits.depth || onLine > limits.depth || indents.length > limits.depth) {
        return problem('WB004', here(), `This is nested deeper than ${limits.depth} levels.`);
      }
      if (nodes > limits.nodes * 2) {
        return problem('WB005', here(), `The file has more than ${limits.nodes} values.`);
      }
    }
    for (let at = source.indexOf('\n'); at >= 0; at = source.indexOf('\n', at + 1)) {
      lineStart = offset + at + 1;
      lines.addNewLine(lineStart);
    }
    offset += source.length;
  }
  return tokens;
}

/** A quoted text up to the end of the file whose last quote is escaped passes the parser as closed. */
function isOpenQuote(source: string): boolean {
  const [quote] = source;
  if (quote !== '"' && quote !== "'") return false;
  const inside = source.slice(1);
  if (quote === "'") return (/'*$/.exec(inside)?.[0].length ?? 0) % 2 === 0;
  return !inside.endsWith('"') || (/(\\*)"$/.exec(inside)?.[1]?.length ?? 0) % 2 === 1;
}

const shorten = (text: string): string => (text.length > 20 ? `${text.slice(0, 20)}…` : text);
