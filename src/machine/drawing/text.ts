/** Text of a drawing: whatever a runbook says, it stays text. */

const named: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** For the content of an element or an attribute in quotes. */
export const escaped = (text: string): string =>
  visible(text).replaceAll(/[&<>"']/g, (sign) => named[sign] ?? '');

/** On one line; what cannot be seen, or has no place in XML, is written as `U+…`. */
export const visible = (text: string): string =>
  [...text.replaceAll(/\s+/gu, ' ').trim()].map((sign) => (hidden.test(sign) ? codeOf(sign) : sign)).join('');

const hidden = /^[\p{C}\p{Default_Ignorable_Code_Point}\uFFFE\uFFFF]$/u;

const codeOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

/** At most this many characters, the last one saying that there is more. Wide characters count twice. */
export function cutText(text: string, most: number): string {
  const signs = [...visible(text)];
  let width = 0;
  for (const [index, sign] of signs.entries()) {
    width += wide.test(sign) ? 2 : 1;
    if (width > most) return `${cutText(signs.slice(0, index - 1).join(''), most)}…`;
  }
  return signs.join('');
}

const wide =
  /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Extended_Pictographic}/u;
