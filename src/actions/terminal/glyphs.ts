/** What one code point may become on a screen that other people's text must not drive. */

const control: Readonly<Record<number, string>> = {
  0x00: 'NUL',
  0x01: 'SOH',
  0x02: 'STX',
  0x03: 'ETX',
  0x04: 'EOT',
  0x05: 'ENQ',
  0x06: 'ACK',
  0x07: 'BEL',
  0x08: 'BS',
  0x0e: 'SO',
  0x0f: 'SI',
  0x10: 'DLE',
  0x11: 'DC1',
  0x12: 'DC2',
  0x13: 'DC3',
  0x14: 'DC4',
  0x15: 'NAK',
  0x16: 'SYN',
  0x17: 'ETB',
  0x18: 'CAN',
  0x19: 'EM',
  0x1a: 'SUB',
  0x1b: 'ESC',
  0x1c: 'FS',
  0x1d: 'GS',
  0x1e: 'RS',
  0x1f: 'US',
  0x7f: 'DEL',
};

/** `<ESC>` or `<U+202E>`: the visible spelling of a code point that must not act. */
export function nameOf(code: number): string {
  return `<${control[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`}>`;
}

const drawn = /^[\p{L}\p{N}\p{P}\p{S}]$/u;
const mark = /^\p{M}$/u;
const space = /^\p{Zs}$/u;
const ignorable = /^\p{Default_Ignorable_Code_Point}$/u;

export type GlyphKind = 'glyph' | 'mark' | 'space' | 'presentation' | 'hidden';

/**
 * Sorts a code point above ASCII: `glyph` is drawn, `mark` combines with what stands before it, `space` is blank,
 * `presentation` (VS15, VS16) only picks text or picture form and can be left out, `hidden` must be spelled out.
 */
export function kindOf(code: number): GlyphKind {
  if (code === 0xfe0e || code === 0xfe0f) return 'presentation';
  const text = String.fromCodePoint(code);
  if (ignorable.test(text)) return 'hidden';
  if (drawn.test(text)) return 'glyph';
  if (mark.test(text)) return 'mark';
  return space.test(text) ? 'space' : 'hidden';
}

/** How many bytes the code point takes in UTF-8. */
export function byteLength(code: number): number {
  if (code < 0x80) return 1;
  if (code < 0x800) return 2;
  return code < 0x10000 ? 3 : 4;
}
