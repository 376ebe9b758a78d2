import { visible } from '../inert.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** A value as text or attribute of XML 1.0 or HTML: nothing in it can begin a tag, end an attribute, or is no character there. */
export const xmlText = (value: string): string =>
  visible(value)
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
    .replaceAll(/[\uFFFE\uFFFF]/g, '\uFFFD');
