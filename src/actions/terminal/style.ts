/** The colours and weights that foreign text may keep. Blink, conceal, reverse and the rest are not among them. */

export type Colour =
  | { readonly kind: 'palette'; readonly index: number }
  | { readonly kind: 'rgb'; readonly red: number; readonly green: number; readonly blue: number };

export interface Style {
  readonly fg: Colour | null;
  readonly bg: Colour | null;
  readonly bold: boolean;
  readonly dim: boolean;
  readonly italic: boolean;
  readonly underline: boolean;
}

export const plain: Style = { fg: null, bg: null, bold: false, dim: false, italic: false, underline: false };

export const resetCode = '\u001B[0m';

/** Applies the parameters of one SGR sequence (`1;38;5;12`, colons too); what is not allowed changes nothing. */
export function applySgr(style: Style, parameters: string): Style {
  const items = parameters.split(';').map((item) => item.split(':'));
  let next = style;
  for (let at = 0; at < items.length; at += 1) {
    const item = items[at] ?? [];
    const code = numberOf(item[0]);
    if (code === 38 || code === 48 || code === 58) {
      const rest =
        item.length > 1 ? item.slice(1) : items.slice(at + 1, at + 5).map(([first]) => first ?? '');
      const { colour, used } = readColour(rest, item.length > 1);
      if (item.length === 1) at += used;
      if (colour !== null && code !== 58) next = { ...next, [code === 38 ? 'fg' : 'bg']: colour };
    } else next = applyCode(next, code, item[1]);
  }
  return next;
}

function applyCode(style: Style, code: number, sub: string | undefined): Style {
  if (code >= 30 && code <= 37) return { ...style, fg: { kind: 'palette', index: code - 30 } };
  if (code >= 40 && code <= 47) return { ...style, bg: { kind: 'palette', index: code - 40 } };
  if (code >= 90 && code <= 97) return { ...style, fg: { kind: 'palette', index: code - 82 } };
  if (code >= 100 && code <= 107) return { ...style, bg: { kind: 'palette', index: code - 92 } };
  switch (code) {
    case 0:
      return plain;
    case 1:
      return { ...style, bold: true };
    case 2:
      return { ...style, dim: true };
    case 3:
      return { ...style, italic: true };
    case 4:
      return { ...style, underline: sub !== '0' };
    case 22:
      return { ...style, bold: false, dim: false };
    case 23:
      return { ...style, italic: false };
    case 24:
      return { ...style, underline: false };
    case 39:
      return { ...style, fg: null };
    case 49:
      return { ...style, bg: null };
    default:
      return style;
  }
}

/** Reads what follows 38 or 48. With colons a colour space may stand before the three numbers. */
function readColour(
  rest: readonly string[],
  colons: boolean,
): { readonly colour: Colour | null; readonly used: number } {
  const mode = numberOf(rest[0]);
  if (mode === 5) {
    const index = byteOf(rest[1]);
    return { colour: index === null ? null : { kind: 'palette', index }, used: 2 };
  }
  if (mode !== 2) return { colour: null, used: 1 };
  const [red, green, blue] = rest.slice(colons && rest.length > 4 ? 2 : 1).map(byteOf);
  if (red == null || green == null || blue == null) return { colour: null, used: 4 };
  return { colour: { kind: 'rgb', red, green, blue }, used: 4 };
}

/** A missing parameter is 0; one that is no number is -1. */
function numberOf(text: string | undefined): number {
  if (text === undefined || text === '') return 0;
  return /^\d{1,5}$/.test(text) ? Number(text) : -1;
}

function byteOf(text: string | undefined): number | null {
  const value = numberOf(text);
  return value >= 0 && value <= 255 ? value : null;
}

/**
 * The style as it is drawn: text that would vanish into its background gets a colour that shows, whatever the
 * terminal's own background is.
 */
export function legible(style: Style): Style {
  const { fg, bg } = style;
  if (bg === null) return fg !== null && vanishes(fg) ? { ...style, fg: null } : style;
  if (fg !== null && contrast(fg, bg) >= leastContrast) return style;
  return { ...style, fg: contrast(black, bg) > contrast(white, bg) ? black : white, dim: false };
}

/** Below this ratio (WCAG 2, relative luminance) letters are not told from their background. */
const leastContrast = 1.5;
const black: Colour = { kind: 'palette', index: 16 };
const white: Colour = { kind: 'palette', index: 231 };

/** Too near to black or to white for a background that we do not know. */
function vanishes(colour: Colour): boolean {
  const channels = channelsOf(colour);
  return channels.every((channel) => channel >= 0xe0) || contrast(colour, black) < leastContrast;
}

function contrast(one: Colour, other: Colour): number {
  const [a, b] = [luminance(one), luminance(other)];
  return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}

/** Relative luminance as WCAG 2 defines it for sRGB. */
function luminance(colour: Colour): number {
  const [red, green, blue] = channelsOf(colour).map((channel) => {
    const share = channel / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? 0) + 0.7152 * (green ?? 0) + 0.0722 * (blue ?? 0);
}

/** The usual values of the 16 named colours; themes differ, but black stays dark and white stays light. */
const named: readonly (readonly [number, number, number])[] = [
  [0, 0, 0],
  [205, 0, 0],
  [0, 205, 0],
  [205, 205, 0],
  [0, 0, 238],
  [205, 0, 205],
  [0, 205, 205],
  [229, 229, 229],
  [127, 127, 127],
  [255, 0, 0],
  [0, 255, 0],
  [255, 255, 0],
  [92, 92, 255],
  [255, 0, 255],
  [0, 255, 255],
  [255, 255, 255],
];

function channelsOf(colour: Colour): readonly [number, number, number] {
  if (colour.kind === 'rgb') return [colour.red, colour.green, colour.blue];
  const { index } = colour;
  if (index < 16) return named[index] ?? [0, 0, 0];
  if (index >= 232) {
    const grey = 8 + (index - 232) * 10;
    return [grey, grey, grey];
  }
  const level = (step: number) => (step === 0 ? 0 : 55 + step * 40);
  const cube = index - 16;
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
}

/** One SGR sequence that sets exactly this style, from any other. */
export function sgrOf(style: Style): string {
  const codes = ['0'];
  if (style.bold) codes.push('1');
  if (style.dim) codes.push('2');
  if (style.italic) codes.push('3');
  if (style.underline) codes.push('4');
  if (style.fg !== null) codes.push(colourCode(style.fg, 30));
  if (style.bg !== null) codes.push(colourCode(style.bg, 40));
  return `\u001B[${codes.join(';')}m`;
}

function colourCode(colour: Colour, base: 30 | 40): string {
  if (colour.kind === 'rgb') return `${base + 8};2;${colour.red};${colour.green};${colour.blue}`;
  if (colour.index < 8) return String(base + colour.index);
  return colour.index < 16 ? String(base + 52 + colour.index) : `${base + 8};5;${colour.index}`;
}
