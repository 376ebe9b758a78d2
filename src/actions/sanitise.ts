import { lineWriter } from './terminal/line-writer.ts';
import { applySgr } from './terminal/style.ts';

/**
 * Turns bytes that anybody may have written into text that can only draw: printable glyphs, new lines, tabs, and a
 * fixed set of colours and weights in one spelling (see terminal/style.ts). Everything else is spelled out (`<ESC>`,
 * `<U+202E>`, `<OSC 52>`) or, where it is well formed and harmless, left out. State is carried from chunk to chunk,
 * so the answer does not depend on how the bytes were cut. The cost is linear.
 */
export interface Sanitiser {
  /** May hold a part back: half a sequence, or a line that is being rewritten. */
  push(chunk: Uint8Array | string): string;
  /** The rest. */
  end(): string;
  /** The line that a progress display is rewriting now, which `push` holds back: for a live screen. */
  held(): string;
}

export interface SanitiserOptions {
  /** Longer lines are cut, with a mark; bytes of UTF-8, styles included. 4096 unless given; Infinity to keep all. */
  readonly lineBytes?: number;
}

const escape = 0x1b;
const bell = 0x07;
/** Longest CSI sequence that is taken for one. */
const longestSequence = 256;
/** Longest OSC, DCS, APC, PM or SOS string that is left out; a longer one is shown from there on. */
const longestString = 4096;

const stringKinds: Readonly<Record<number, string>> = {
  0x50: 'DCS',
  0x58: 'SOS',
  0x5d: 'OSC',
  0x5e: 'PM',
  0x5f: 'APC',
  0x6b: 'TITLE', // `ESC k`, the window title of screen and tmux
};

type State =
  | { readonly at: 'ground' }
  | { readonly at: 'escape'; readonly intermediates: string }
  | { readonly at: 'sequence'; text: string }
  | { readonly at: 'string'; readonly kind: string; text: string; escaped: boolean };

const ground: State = { at: 'ground' };
const asciiRun = /[\u0020-\u007E]+/uy;

export function sanitiser(options: SanitiserOptions = {}): Sanitiser {
  const writer = lineWriter(options.lineBytes ?? 4096);
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const encoder = new TextEncoder();
  let state: State = ground;
  let halfPair = '';
  /** `\r\n` is one line end, however many returns stand before the feed: a return waits for what follows. */
  let afterReturn = false;

  /** A code point in plain text. */
  function onGround(code: number): void {
    if (code === escape) state = { at: 'escape', intermediates: '' };
    else if (code === 0x0a || code === 0x0b || code === 0x0c || code === 0x85) {
      afterReturn = false;
      writer.newLine();
    } else if (code === 0x0d) afterReturn = true;
    else if (code >= 0x80 && code <= 0x9f) onC1(code);
    else writer.code(code);
  }

  /** C1 controls in one code point stand for ESC and a letter. */
  function onC1(code: number): void {
    const letter = code - 0x40;
    if (letter === 0x5b || stringKinds[letter] !== undefined) onEscape(letter, '');
    else writer.code(code);
  }

  function onEscape(code: number, intermediates: string): void {
    if (code >= 0x20 && code <= 0x2f && intermediates.length < 8) {
      state = { at: 'escape', intermediates: intermediates + String.fromCharCode(code) };
      return;
    }
    state = ground;
    const kind = intermediates === '' ? stringKinds[code] : undefined;
    if (kind !== undefined) state = { at: 'string', kind, text: '', escaped: false };
    else if (intermediates === '' && code === 0x5b) state = { at: 'sequence', text: '' };
    else if (code < 0x30 || code > 0x7e) {
      writer.ascii(`<ESC>${intermediates}`);
      onGround(code);
    } else onPlainEscape(intermediates + String.fromCharCode(code));
  }

  function onPlainEscape(body: string): void {
    // Character sets, saved cursors and keypad modes draw nothing, and a lone ST ends what was never begun.
    if (/^(?:[()*+\-./%].|[78=>\\])$/u.test(body)) return;
    if (body === 'D' || body === 'E') writer.freshLine();
    else writer.ascii(`<ESC ${body}>`);
  }

  function onSequence(code: number, sequence: State & { at: 'sequence' }): void {
    const { text } = sequence;
    if (code < 0x20 || code > 0x7e || text.length >= longestSequence) {
      state = ground;
      writer.ascii(`<CSI ${text}>`);
      onGround(code);
    } else if (code >= 0x40) {
      state = ground;
      onWholeSequence(text, String.fromCharCode(code));
    } else sequence.text += String.fromCharCode(code);
  }

  function onWholeSequence(parameters: string, final: string): void {
    const simple = /^[\d;:]*$/u.test(parameters);
    if (simple && final === 'm') writer.setStyle((style) => applySgr(style, parameters));
    else if (simple && 'CDG`a'.includes(final)) writer.gap();
    else if (simple && 'ABEFHdefj'.includes(final)) writer.freshLine();
    else if (simple && 'JKXsu'.includes(final)) return;
    else if (/^\?25[hl]$/u.test(parameters + final)) return;
    else writer.ascii(`<CSI ${parameters}${final}>`);
  }

  function onString(code: number, string: State & { at: 'string' }): void {
    if (string.escaped) {
      if (code === 0x5c) return endString(string);
      revealString(string);
      state = { at: 'escape', intermediates: '' };
      return onEscape(code, '');
    }
    if (code === escape) string.escaped = true;
    else if (code === bell || code === 0x9c) endString(string);
    else if (
      code === 0x0a ||
      code === 0x0d ||
      code === 0x18 ||
      code === 0x1a ||
      string.text.length >= longestString
    ) {
      revealString(string);
      onGround(code);
    } else string.text += String.fromCodePoint(code);
  }

  function endString({ kind, text }: State & { at: 'string' }): void {
    state = ground;
    const closesLink = kind === 'OSC' && text.startsWith('8;') && text.endsWith(';');
    const number = kind === 'OSC' ? /^\d{1,5}/u.exec(text) : null;
    if (!closesLink) writer.ascii(number === null ? `<${kind}>` : `<${kind} ${number[0]}>`);
  }

  /** A string that never ends must not hide what it swallowed. */
  function revealString({ kind, text }: State & { at: 'string' }): void {
    state = ground;
    writer.ascii(`<${kind}>`);
    for (const symbol of text) writer.code(symbol.codePointAt(0) ?? 0);
  }

  function feed(text: string): void {
    let at = 0;
    while (at < text.length) {
      const code = text.codePointAt(at) ?? 0;
      if (afterReturn && code !== 0x0a && code !== 0x0d) {
        afterReturn = false;
        writer.carriageReturn();
      }
      if (state === ground && code >= 0x20 && code < 0x7f) {
        asciiRun.lastIndex = at;
        const run = asciiRun.exec(text)?.[0] ?? '';
        writer.ascii(run);
        at += run.length;
        continue;
      }
      at += code > 0xffff ? 2 : 1;
      switch (state.at) {
        case 'ground':
          onGround(code);
          break;
        case 'escape':
          onEscape(code, state.intermediates);
          break;
        case 'sequence':
          onSequence(code, state);
          break;
        case 'string':
          onString(code, state);
      }
    }
  }

  /** Whole code points only: half a surrogate pair waits for the other half. */
  function whole(text: string): string {
    const joined = halfPair + text;
    const splits = /[\uD800-\uDBFF]$/.test(joined.slice(-1));
    halfPair = splits ? joined.slice(-1) : '';
    return (splits ? joined.slice(0, -1) : joined).toWellFormed();
  }

  return {
    push(chunk) {
      if (typeof chunk === 'string') feed(whole(chunk));
      else feed(decoder.decode(chunk, { stream: true }));
      return writer.take();
    },
    end() {
      feed(decoder.decode(encoder.encode(halfPair)));
      if (state.at === 'escape') writer.ascii(`<ESC>${state.intermediates}`);
      else if (state.at === 'sequence') writer.ascii(`<CSI ${state.text}>`);
      else if (state.at === 'string') {
        const { escaped } = state;
        revealString(state);
        if (escaped) writer.ascii('<ESC>');
      }
      state = ground;
      halfPair = '';
      afterReturn = false;
      writer.end();
      return writer.take();
    },
    held: () => writer.held(),
  };
}

/** Sanitises a text that is there as a whole. */
export function sanitiseText(text: string, options: SanitiserOptions = {}): string {
  const one = sanitiser(options);
  return one.push(text) + one.end();
}
