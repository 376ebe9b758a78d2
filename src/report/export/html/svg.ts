import { xmlText } from '../xml.ts';

/** Width of every drawing, in the units of its own box; the page scales it. */
export const width = 960;

/** A place on a line from one value to another, one decimal. */
export function scale(from: number, to: number, low: number, high: number): (value: number) => string {
  const span = to - from === 0 ? 1 : to - from;
  return (value) => (low + ((value - from) / span) * (high - low)).toFixed(1);
}

/** A drawing with the words that say what it shows, for those who cannot see it. */
export const drawing = (height: number, title: string, parts: readonly string[]): string =>
  `<svg viewBox="0 0 ${String(width)} ${String(height)}" role="img" aria-label="${xmlText(title)}">${parts.join('')}</svg>`;

export const label = (
  x: string | number,
  y: string | number,
  text: string,
  more: { readonly soft?: boolean; readonly anchor?: 'middle' | 'end' | undefined } = {},
): string =>
  `<text x="${String(x)}" y="${String(y)}"${more.soft === true ? ' class="soft"' : ''}${more.anchor === undefined ? '' : ` text-anchor="${more.anchor}"`}>${xmlText(text)}</text>`;

export const line = (kind: string, x1: string, y1: string, x2: string, y2: string): string =>
  `<line class="${kind}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`;

export const rect = (kind: string, x: string, y: string, wide: string, high: string, title: string): string =>
  `<rect class="${kind}" x="${x}" y="${y}" width="${wide}" height="${high}"><title>${xmlText(title)}</title></rect>`;
