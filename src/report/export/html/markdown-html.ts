import { Marked } from 'marked';
import { xmlText } from '../xml.ts';

/**
 * Our own Markdown as HTML. What it is made of was escaped already; should a tag, an address or a picture have come
 * through all the same, it is shown as the text it was.
 */
export function markdownHtml(markdown: string): string {
  const asText = ({ raw }: { readonly raw: string }): string => xmlText(raw);
  const marked = new Marked({
    gfm: true,
    renderer: { html: asText, image: asText, link: ({ text }) => xmlText(text) },
  });
  // a table of names and values has no heads; Markdown cannot say so
  return marked
    .parse(markdown, { async: false })
    .replaceAll(/<thead>\s*<tr>(?:\s*<th>—<\/th>)+\s*<\/tr>\s*<\/thead>/g, '');
}
