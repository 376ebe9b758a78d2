import { byteLength, kindOf, nameOf } from './glyphs.ts';
import { legible, plain, resetCode, sgrOf, type Style } from './style.ts';

/**
 * Puts sanitised text together line by line: the length limit, the marks a base may carry, colours that start anew
 * on every line (so that each line can be shown alone), and carriage returns.
 *
 * A carriage return starts a new line, so that nothing is overdrawn. A run of rewrites that differ in numbers and
 * bars only (a progress display) folds: what stood before the first return and the last rewrite are kept.
 */
export interface LineWriter {
  /** Printable ASCII and nothing else, many at once. */
  ascii(text: string): void;
  /** Any code point: drawn where harmless, spelled out where not. */
  code(code: number): void;
  setStyle(change: (style: Style) => Style): void;
  /** A blank in place of a move along the line. */
  gap(): void;
  newLine(): void;
  carriageReturn(): void;
  /** A new line where something stands on this one. */
  freshLine(): void;
  /** Takes what is ready. */
  take(): string;
  /** The rewritten line that is still held back. */
  held(): string;
  end(): void;
}

const cutMark = '<line cut>';
const marksPerBase = 4;
/** A rewritten line is held back no longer than this. */
const longestHeld = 4096;
const space = 0x20;

export function lineWriter(lineBytes: number): LineWriter {
  const rewrites = rewriteFolder();
  let style = plain;
  /** The SGR sequence of the style that the next glyph needs, and of the one that is in force on this line. */
  let wanted = resetCode;
  let inForce = resetCode;
  let bytes = 0;
  let cut = false;
  let blank = true;
  let lastIsBlank = true;
  /** Marks on the last base; as many as there may be where there is no base. */
  let marks = marksPerBase;

  const changeSize = () => (wanted === inForce ? 0 : wanted.length);

  /** Makes room for `size` bytes and puts the style in force; the first time there is no room, the cut is marked. */
  const fits = (size: number): boolean => {
    if (cut) return false;
    if (bytes + size + changeSize() > lineBytes) {
      cut = true;
      rewrites.put((inForce === resetCode ? '' : resetCode) + cutMark);
      inForce = resetCode;
      return false;
    }
    bytes += size + changeSize();
    if (wanted !== inForce) rewrites.put(wanted);
    inForce = wanted;
    blank = false;
    return true;
  };

  const closeLine = () => {
    if (inForce !== resetCode) rewrites.put(resetCode);
    inForce = resetCode;
    bytes = 0;
    cut = false;
    blank = true;
    lastIsBlank = true;
    marks = marksPerBase;
  };

  const glyph = (code: number) => {
    if (fits(byteLength(code))) rewrites.put(String.fromCodePoint(code));
  };

  const ascii = (text: string) => {
    if (cut || text === '') return;
    const size = Math.min(text.length, Math.max(lineBytes - bytes - changeSize(), 0));
    if (size > 0 && fits(size)) {
      rewrites.put(size === text.length ? text : text.slice(0, size));
      lastIsBlank = text.charCodeAt(size - 1) === space;
      marks = 0;
    }
    if (size < text.length) fits(1);
  };

  const combine = (code: number) => {
    if (marks >= marksPerBase) {
      if (!lastIsBlank) return;
      // A mark without a base of its own would sit on whatever is drawn to the left of our text.
      glyph(0x25cc);
      lastIsBlank = false;
      marks = 0;
    }
    marks += 1;
    glyph(code);
  };

  const newLine = () => {
    closeLine();
    rewrites.newLine();
  };

  return {
    ascii,
    code(code) {
      const kind = code < 0x80 ? 'hidden' : kindOf(code);
      if (code >= space && code < 0x7f) ascii(String.fromCharCode(code));
      else if (code === 0x09) {
        glyph(code);
        lastIsBlank = true;
        marks = marksPerBase;
      } else if (kind === 'mark') combine(code);
      else if (kind === 'presentation' && marks < marksPerBase) return;
      else if (kind === 'space' && code !== 0x3000) ascii(' ');
      else if (kind === 'glyph' || kind === 'space') {
        glyph(code);
        lastIsBlank = false;
        marks = 0;
      } else ascii(nameOf(code));
    },
    setStyle(change) {
      style = change(style);
      wanted = sgrOf(legible(style));
    },
    gap: () => (lastIsBlank ? undefined : ascii(' ')),
    newLine,
    carriageReturn() {
      const wasBlank = blank;
      closeLine();
      rewrites.carriageReturn(wasBlank);
    },
    freshLine: () => (blank ? undefined : newLine()),
    take: () => rewrites.take(),
    held: () => rewrites.held() + (inForce === resetCode || rewrites.held() === '' ? '' : resetCode),
    end() {
      closeLine();
      rewrites.end();
    },
  };
}

/** Holds back a line that follows a carriage return until it is known whether the next one only updates it. */
function rewriteFolder() {
  let ready = '';
  /** The line after a return; null while text is passed straight on. */
  let current: string | null = null;
  /** The whole rewrite before it, which may still fold into it. */
  let previous: string | null = null;
  /** What stands last in `ready` is a line whose break is still to come. */
  let owesBreak = false;

  const passOn = (line: string) => {
    ready += owesBreak ? `\n${line}` : line;
    owesBreak = true;
  };
  const settle = () => {
    if (previous !== null && (current === null || current === '' || wordsOf(previous) !== wordsOf(current))) {
      passOn(previous);
    }
    if (current !== null && current !== '') passOn(current);
    current = null;
    previous = null;
    owesBreak = false;
  };

  return {
    put(text: string) {
      if (current === null) {
        ready += text;
        return;
      }
      current += text;
      if (current.length <= longestHeld) return;
      if (previous !== null) passOn(previous);
      previous = null;
      settle();
    },
    newLine() {
      settle();
      ready += '\n';
    },
    carriageReturn(blank: boolean) {
      if (current === null) owesBreak = !blank;
      else if (current !== '') {
        if (previous !== null && wordsOf(previous) !== wordsOf(current)) passOn(previous);
        previous = current;
      }
      current = '';
    },
    end: settle,
    held: () => (current === null || current === '' ? (previous ?? '') : current),
    take() {
      const text = ready;
      ready = '';
      return text;
    },
  };
}

const ownStyles = /\p{Cc}\[[0-9;]*m/gu;
const amounts = /[\d.,:]+\s?(?:[kKMGTP]i?)?(?:[bB](?:\/s)?)?/gu;
const bars = /[^\p{L}]+/gu;

/** What is left of a line without colours, amounts and bars: two states of one progress display agree in it. */
function wordsOf(line: string): string {
  return line.replace(ownStyles, '').replace(amounts, '#').replace(bars, ' ').trim();
}
