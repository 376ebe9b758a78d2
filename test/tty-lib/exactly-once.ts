const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A screen that shows each of these texts exactly once: a frame that is half drawn, or drawn over an old one, does not. */
export const exactlyOnce = (...texts: readonly string[]): RegExp =>
  new RegExp(
    `^${texts
      .map(escaped)
      .map((text) => `(?=(?:(?!${text})[\\s\\S])*${text}(?:(?!${text})[\\s\\S])*$)`)
      .join('')}`,
  );
