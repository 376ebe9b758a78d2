import { figuresOf } from '../../figures.ts';
import { visibleLine } from '../../inert.ts';
import { postmortemMarkdown } from '../../postmortem.ts';
import type { PostmortemInput } from '../../postmortem-material.ts';
import { readStory } from '../../story.ts';
import { durationText } from '../../time.ts';
import { xmlText } from '../xml.ts';
import { durationSvg } from './duration-svg.ts';
import { markdownHtml } from './markdown-html.ts';
import { metricSvg, type Series } from './metric-svg.ts';
import { style } from './style.ts';
import { timelineSvg } from './timeline-svg.ts';

export interface HtmlInput extends PostmortemInput {
  readonly series: readonly Series[];
  /** SHA-256 of a text, in base64: the page allows its own style by it. */
  readonly sha256: (text: string) => string;
}

/**
 * The post-mortem as one page that needs nothing else: no script, no address, no style but its own (its policy forbids
 * every other), drawings as SVG, light and dark, made to be printed too.
 */
export function exportHtml(input: HtmlInput): string {
  const story = readStory(input);
  const figures = figuresOf(story, input.events);
  const { started } = story;
  const isDrill = started?.mode === 'DRILL';
  const title = `${isDrill ? 'DRILL: ' : ''}${visibleLine(started?.runbook.title ?? story.id)}`;
  const badge = (kind: string, text: string): string => `<li class="${kind}">${xmlText(text)}</li>`;
  const badges = [
    badge('', story.outcome?.replaceAll('_', ' ') ?? 'goes on'),
    input.verified.ok
      ? badge('good', 'ledger verified')
      : badge('bad', `CHAIN BROKEN at event ${String(input.verified.brokenAt ?? '?')}`),
    ...(figures.debts.open > 0 ? [badge('bad', `${String(figures.debts.open)} still owed`)] : []),
    ...(figures.toRestoreMs === null ? [] : [badge('', `restored in ${durationText(figures.toRestoreMs)}`)]),
  ];
  const drawings = [
    figure(
      timelineSvg(story, figures),
      'What was worked on when (UTC). Hollow bars: what was owed, and for how long.',
    ),
    ...input.series.map((series) =>
      figure(
        metricSvg(series, input.events),
        `${series.id}. Dashed: the limit agreed beforehand. Shaded: the trigger had fired. A gap: nothing was measured.`,
      ),
    ),
    figure(durationSvg(figures, started?.runbook.objectiveMs ?? null), 'How long each part took.'),
  ].join('\n');
  // what it is about stands first; how it came out and the drawings, before the text
  const [heading, text] = apartAfter(markdownHtml(postmortemMarkdown(input)), '</h1>');
  const policy = `default-src 'none'; style-src 'sha256-${input.sha256(style)}'; base-uri 'none'; form-action 'none'`;
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${xmlText(title)}</title>
<style>${style}</style>
</head>
<body${isDrill ? ' class="drilled"' : ''}>
${isDrill ? '<p class="drill"><strong>DRILL</strong> This was practice. Nobody was affected.</p>\n' : ''}<header>
${heading}
<ul class="badges">${badges.join('')}</ul>
</header>
${drawings}
<main>
${text}</main>
</body>
</html>
`;
}

function apartAfter(html: string, end: string): readonly [string, string] {
  const at = html.indexOf(end) + end.length;
  return [html.slice(0, at), html.slice(at).trimStart()];
}

const figure = (svg: string, caption: string): string =>
  svg === '' ? '' : `<figure>${svg}<figcaption>${xmlText(caption)}</figcaption></figure>`;
