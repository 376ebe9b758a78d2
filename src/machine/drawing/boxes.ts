import type { Runbook } from '../../runbook/model.ts';
import type { Step } from '../../runbook/model/step.ts';
import type { EdgeEvent, GraphEdge, GraphNode, StepGraph } from '../graph.ts';
import { nowhereNode, startNode } from '../graph.ts';
import { nodeName } from '../proof/path.ts';
import { cutText, visible } from './text.ts';

/** What the drawing of a runbook consists of before anything has a place: boxes in columns, and lines between them. */

export type LineStyle = 'next' | 'option' | 'fail' | 'unknown' | 'timeout' | 'denied' | 'abort';

/** One line of text in a box; a port is the row from which a line leaves. */
interface Row {
  readonly text: string;
  readonly tone: 'title' | 'plain' | 'danger' | 'debt' | LineStyle;
}

export interface BoxContent {
  readonly id: string;
  readonly node: GraphNode;
  readonly rows: readonly Row[];
  /** How many `parallel` and `each` are around it. */
  readonly depth: number;
  /** Everything there is to say, for those who cannot see it and for those who point at it. */
  readonly words: string;
  /** Ways on that lead nowhere else: to ask the person, to skip by hand, to take back. */
  readonly stays: readonly GraphEdge[];
}

/** One line: every edge between the same two boxes that is drawn the same way. */
export interface LineContent {
  readonly from: string;
  readonly to: string;
  readonly style: LineStyle;
  readonly edges: readonly GraphEdge[];
  /** The row of the box that it leaves from; null for the plain way on. */
  readonly row: number | null;
  readonly noReturn: boolean;
}

export interface Column {
  readonly title: string;
  readonly offPath: boolean;
  readonly boxes: readonly BoxContent[];
}

export interface DrawingContent {
  readonly columns: readonly Column[];
  readonly lines: readonly LineContent[];
}

/** A box is as wide as this many characters of its font. */
export const charactersWide = 38;
/** More boxes than this in a phase stand in a further column. */
const boxesInColumn = 18;

const troubles = ['fail', 'unknown', 'timeout', 'denied', 'abort'] as const;

/** What is drawn of a graph, in reading order. */
export function contentOf(runbook: Runbook, graph: StepGraph): DrawingContent {
  const boxes = new Map<string, BoxContent>();
  const lines: LineContent[] = [];
  for (const node of graph.nodes.values()) {
    const out = graph.out.get(node.id) ?? [];
    const leaving = out.filter(leaves);
    if (node.step === null && leaving.length === 0 && (graph.into.get(node.id) ?? []).every(isUnsaid)) {
      if (node.id === nowhereNode) continue;
    }
    const rows: Row[] = rowsOf(node).map((row) => ({ ...row, text: cutText(row.text, charactersWide) }));
    for (const [, group] of Map.groupBy(leaving, (edge) => `${edge.to} ${styleOf(edge)}`)) {
      const [first] = group;
      if (first === undefined) continue;
      const words = group.map((edge) => eventWords(node, edge.event)).filter((text) => text !== '');
      const style = styleOf(first);
      const port = words.length > 0;
      if (port) {
        const text = `${words.join(', ')} → ${targetWords(graph, first.to)}`;
        rows.push({ text: cutText(text, charactersWide), tone: style });
      }
      lines.push({
        from: node.id,
        to: first.to,
        style,
        edges: group,
        row: port ? rows.length - 1 : null,
        noReturn:
          Boolean(node.kind === 'step' && node.step?.ponr) && group.some(({ event }) => event === 'pass'),
      });
    }
    const stays = out.filter((edge) => !leaves(edge));
    const asks = stays.filter(({ route }) => route === 'ask').map(({ event }) => plainEvent(event));
    if (asks.length > 0)
      rows.push({ text: cutText(`asks on ${asks.join(', ')}`, charactersWide), tone: 'plain' });
    boxes.set(node.id, {
      id: node.id,
      node,
      rows,
      depth: node.inside.length,
      words: wordsOf(node, out),
      stays,
    });
  }
  return { columns: columnsOf(runbook, boxes), lines };
}

/** An edge that is drawn as a line; the others are the same at every step and are said in its box. */
const leaves = ({ by, route }: GraphEdge): boolean => by === 'author' && route !== 'ask' && route !== 'undo';
const isUnsaid = (edge: GraphEdge): boolean => !leaves(edge);

function styleOf({ event }: GraphEdge): LineStyle {
  for (const trouble of troubles) if (event === trouble) return trouble;
  return event.startsWith('option:') ? 'option' : 'next';
}

const plainEvent = (event: EdgeEvent): string => event.replace(/^option:/, '');

function eventWords({ step, kind }: GraphNode, event: EdgeEvent): string {
  if (event === 'pass' || event === 'fork') return '';
  if (event === 'gone_on') return 'each item';
  if (event === 'skip') return kind === 'step' && step?.when ? 'not needed' : 'skipped';
  if (event.startsWith('option:') && step?.kind === 'decide')
    return step.options.find(({ id }) => `option:${id}` === event)?.title ?? plainEvent(event);
  return event;
}

const targetWords = (graph: StepGraph, id: string): string => {
  const node = graph.nodes.get(id);
  return node?.kind === 'step' ? (node.step?.id ?? id) : nodeName(id);
};

function rowsOf(node: GraphNode): readonly Row[] {
  const { step } = node;
  if (step === null || node.kind === 'join') return [{ text: nodeName(node.id), tone: 'title' }];
  return [
    ...folded(step.title).map((text) => ({ text, tone: 'title' as const })),
    { text: `${step.kind} · ${step.id}`, tone: 'plain' },
    ...(step.opens === null ? [] : [{ text: `owes: ${step.opens.title}`, tone: 'debt' as const }]),
    ...(step.kind === 'release'
      ? [{ text: `gives back ${step.obligations.join(', ')}`, tone: 'debt' as const }]
      : []),
    ...(step.ponr === null ? [] : [{ text: `▲ lost: ${step.ponr.lost}`, tone: 'danger' as const }]),
  ];
}

/** A title on one line, or on two. */
function folded(title: string): readonly string[] {
  const text = visible(title);
  if ([...text].length <= charactersWide) return [text];
  const words = text.split(' ');
  let first = words.shift() ?? '';
  while (words.length > 0 && [...first].length + 1 + [...(words[0] ?? '')].length <= charactersWide)
    first = `${first} ${words.shift() ?? ''}`;
  return words.length === 0 ? [first] : [first, words.join(' ')];
}

function wordsOf(node: GraphNode, out: readonly GraphEdge[]): string {
  const { step } = node;
  const ways = out.map(({ event, to, route, by }) => {
    const where = route === 'ask' ? 'asks' : route === 'undo' ? 'taken back' : nodeName(to);
    return `${plainEvent(event)}${by === 'operator' ? ' by hand' : ''}: ${where}`;
  });
  const about =
    step === null || node.kind === 'join'
      ? [nodeName(node.id)]
      : [step.title, `${step.kind} ${step.id}`, ...marksOf(step)];
  return visible([...about, ...ways].join('; '));
}

const marksOf = (step: Step): readonly string[] => [
  ...(step.ponr === null ? [] : [`no way back, lost: ${step.ponr.lost}`]),
  ...(step.opens === null ? [] : [`opens ${step.opens.id}: ${step.opens.title}`]),
];

function columnsOf(runbook: Runbook, boxes: ReadonlyMap<string, BoxContent>): readonly Column[] {
  const all = [...boxes.values()];
  const start = all.filter(({ id }) => id === startNode);
  const phases = runbook.phases.flatMap((phase): readonly Column[] => {
    const mine = readingOrder(all.filter(({ node }) => node.step?.phase === phase.id));
    const parts = Math.max(1, Math.ceil(mine.length / boxesInColumn));
    const each = Math.ceil(mine.length / parts);
    return Array.from({ length: parts }, (_none, index) => ({
      title: parts === 1 ? phase.title : `${phase.title} (${index + 1} of ${parts})`,
      offPath: phase.offPath,
      boxes: mine.slice(index * each, (index + 1) * each),
    }));
  });
  const onPath = phases.filter(({ offPath }) => !offPath);
  const [first] = onPath;
  const ends = all.filter(({ node, id }) => node.step === null && id !== startNode);
  return [
    ...(first === undefined
      ? [{ title: '', offPath: false, boxes: start }]
      : [{ ...first, boxes: [...start, ...first.boxes] }]),
    ...onPath.slice(1),
    { title: 'How it ends', offPath: false, boxes: ends },
    ...phases.filter(({ offPath }) => offPath),
  ];
}

/** A join stands behind what it joins, not behind its fork. */
function readingOrder(boxes: readonly BoxContent[]): readonly BoxContent[] {
  const isIn = ({ node }: BoxContent, parallel: string): boolean => node.inside.includes(parallel);
  return boxes
    .filter(({ node }) => node.kind === 'join')
    .toReversed()
    .reduce<readonly BoxContent[]>((order, join) => {
      const rest = order.filter((box) => box !== join);
      const last = rest.findLastIndex((box) => isIn(box, join.node.step?.id ?? ''));
      return last < 0 ? order : [...rest.slice(0, last + 1), join, ...rest.slice(last + 1)];
    }, boxes);
}
