import type { Runbook } from '../../runbook/model.ts';
import { nowhereNode, stepGraph } from '../graph.ts';
import type { LineStyle } from './boxes.ts';
import { contentOf } from './boxes.ts';
import type { Layout, PlacedBox, PlacedLine } from './layout.ts';
import { characterWidth, layoutOf, padding, rowHeight } from './layout.ts';
import { escaped } from './text.ts';

/**
 * Draws what was compiled as one SVG: phases are columns, steps are boxes, what is beside the path stands below it, and
 * a red line crosses the column where there is no way back. The same runbook always gives the same bytes; no text in it
 * can be more than text, and nothing outside is fetched or run.
 */
export function svg(runbook: Runbook): string {
  const graph = stepGraph(runbook);
  const layout = layoutOf(contentOf(runbook, graph));
  const steps = [...graph.nodes.values()].filter(({ kind }) => kind === 'step').length;
  const width = Math.max(layout.width, legendWidth);
  const height = layout.height + legendHeight;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${n(width)}" height="${n(height)}" viewBox="0 0 ${n(width)} ${n(height)}" role="img" aria-labelledby="title desc">`,
    `<title id="title">${escaped(runbook.title)}</title>`,
    `<desc id="desc">${escaped(`What the runbook ${runbook.id} compiles to: ${steps} steps in ${runbook.phases.length} phases. At every step a person may also skip with a reason, or abort: then what was done is taken back, newest first.`)}</desc>`,
    style,
    markers,
    `<rect class="page" width="${n(width)}" height="${n(height)}"/>`,
    ...layout.columns.map(columnOf),
    ...layout.boxes.flatMap(railsOf),
    ...layout.lines.map(lineOf),
    ...layout.boxes.map(boxOf),
    ...noReturnLines(layout),
    ...legend(layout.height),
    '</svg>',
  ].join('\n')}\n`;
}

const n = (value: number): string => String(Math.round(value * 10) / 10);

const colours: Readonly<Record<LineStyle, readonly [colour: string, dashes: string]>> = {
  next: ['#33415c', 'none'],
  option: ['#1d5fbf', 'none'],
  fail: ['#b42318', '6 3'],
  unknown: ['#a15c00', '2 3'],
  timeout: ['#6b3fa0', '8 3 2 3'],
  denied: ['#8a3b12', '4 2'],
  abort: ['#5f6b7a', '1 3'],
};

const styles = Object.entries(colours) as readonly (readonly [LineStyle, readonly [string, string]])[];

const style = `<style>
.page{fill:#fff}
text{font:12px ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:#1c2430;white-space:pre}
.phase{fill:#f4f6f9;stroke:#d5dbe3}
.phase.aside{fill:#fbf8f2;stroke:#d9cdb4;stroke-dasharray:6 4}
.phase-title{font-weight:bold}
.box rect{fill:#fff;stroke:#33415c;stroke-width:1.2}
.box.decide rect,.box.approve rect,.box.confirm rect{fill:#eef4ff}
.box.release rect{fill:#eefaf1}
.box.end rect,.box.outcome rect,.box.start rect{fill:#33415c}
.box.end text,.box.outcome text,.box.start text{fill:#fff}
.box.nowhere rect{fill:#b42318}
.box.nowhere text{fill:#fff}
.box.no-return rect{stroke:#b42318;stroke-width:3}
.title{font-weight:bold}
.danger{fill:#b42318;font-weight:bold}
.debt{fill:#1a6b38}
.line{fill:none;stroke-width:1.3}
.line.thick{stroke-width:3}
.rail{stroke:#9aa6b5;stroke-width:1}
.no-return-line{stroke:#b42318;stroke-width:2.5;stroke-dasharray:10 5}
.no-return-words{fill:#b42318;font-weight:bold}
${styles.map(([name, [colour, dashes]]) => `.${name}{stroke:${colour};stroke-dasharray:${dashes}}\ntext.${name}{fill:${colour};stroke:none}`).join('\n')}
</style>`;

const markers = `<defs>${styles.map(([name, [colour]]) => `<marker id="to-${name}" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="${colour}"/></marker>`).join('')}</defs>`;

const columnOf = ({ title, offPath, x, y, width, height }: Layout['columns'][number]): string =>
  `<g><rect class="phase${offPath ? ' aside' : ''}" x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="6"/><text class="phase-title" x="${n(x + 10)}" y="${n(y + 21)}">${escaped(cut(offPath ? `${title} (beside the path)` : title, width))}</text></g>`;

function cut(text: string, width: number): string {
  const most = Math.floor((width - 20) / characterWidth);
  const signs = [...text];
  return signs.length <= most ? text : `${signs.slice(0, most - 1).join('')}…`;
}

/** Boxes inside a `parallel` or an `each` hang on a rail. */
const railsOf = ({ depth, x, y, height }: PlacedBox): readonly string[] =>
  Array.from({ length: depth }, (_none, index) => {
    const at = n(x - 10 - 16 * index);
    return `<path class="rail" d="M${at} ${n(y - 10)}V${n(y + height + 4)}"/>`;
  });

function lineOf({ from, to, style, edges, points, noReturn }: PlacedLine): string {
  const [[x, y] = [0, 0], ...rest] = points;
  const path = `M${n(x)} ${n(y)}${rest.map(([toX, toY]) => `L${n(toX)} ${n(toY)}`).join('')}`;
  return `<path class="line ${style}${noReturn ? ' thick' : ''}" data-from="${escaped(from)}" data-to="${escaped(to)}" data-edges="${edgeIds(edges)}" marker-end="url(#to-${style})" d="${path}"/>`;
}

const edgeIds = (edges: PlacedLine['edges']): string => escaped(edges.map(({ id }) => id).join(' | '));

function boxOf({ id, node, rows, words, stays, x, y, width, height }: PlacedBox): string {
  const kind =
    node.kind === 'step' ? (node.step?.kind ?? 'step') : node.id === nowhereNode ? 'nowhere' : node.kind;
  const round = ['end', 'outcome', 'start', 'abort'].includes(kind) ? Math.min(14, height / 2) : 4;
  const noReturn = node.kind === 'step' && node.step?.ponr ? ' no-return' : '';
  return [
    `<g class="box ${kind}${noReturn}" data-node="${escaped(id)}"${stays.length === 0 ? '' : ` data-edges="${edgeIds(stays)}"`}>`,
    `<title>${escaped(words)}</title>`,
    `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" rx="${round}"/>`,
    ...rows.map(
      ({ text, tone }, index) =>
        `<text class="${tone}" x="${n(x + padding)}" y="${n(y + padding / 2 + (index + 1) * rowHeight - 4)}">${escaped(text)}</text>`,
    ),
    '</g>',
  ].join('');
}

/** Behind this line nothing brings back what is lost. */
const noReturnLines = ({ boxes }: Layout): readonly string[] =>
  boxes
    .filter(({ node }) => node.kind === 'step' && node.step?.ponr)
    .map(({ x, y, width, height }) => {
      const at = y + height + 8;
      return `<g class="no-return-mark"><path class="no-return-line" d="M${n(x - 6)} ${n(at)}H${n(x + width + 6)}"/><text class="no-return-words" x="${n(x + width - 11 * characterWidth - 2)}" y="${n(at + 13)}">NO WAY BACK</text></g>`;
    });

const legendHeight = 46;
const legendWidth = 980;

function legend(top: number): readonly string[] {
  const entries = styles.map(([name], index) => {
    const x = 24 + index * 118;
    return `<path class="line ${name}" marker-end="url(#to-${name})" d="M${x} ${n(top + 12)}H${x + 34}"/><text x="${x + 40}" y="${n(top + 16)}">${name}</text>`;
  });
  return [
    '<g class="legend">',
    ...entries,
    `<text x="24" y="${n(top + 36)}">“asks on …”: the step stays and a person chooses. At every step one may skip with a reason, or abort and take back.</text>`,
    '</g>',
  ];
}
