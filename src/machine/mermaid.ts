import type { Runbook } from '../runbook/model.ts';
import type { Step, StepKind } from '../runbook/model/step.ts';
import type { GraphEdge, GraphNode, StepGraph } from './graph.ts';
import { nowhereNode, stepGraph } from './graph.ts';
import { nodeName } from './proof/path.ts';

/**
 * Draws what was compiled as a Mermaid flowchart: a box a phase, dotted where something failed, thick where there is
 * no way back. Left out is what is the same at every step: asking the person, skipping by hand, and the general
 * way back of an abort. The same runbook always gives the same text, and no text in it can be more than a label.
 */
export function mermaid(runbook: Runbook): string {
  const graph = stepGraph(runbook);
  const drawn = graph.edges.filter(isDrawn);
  const touched = new Set(drawn.flatMap(({ from, to }) => [from, to]));
  const names = new Map([...graph.nodes.keys()].map((id, index) => [id, `n${index}`]));
  const name = (id: string): string => names.get(id) ?? 'n';
  const nodesOf = (phase: string): readonly GraphNode[] =>
    [...graph.nodes.values()].filter(
      ({ step, kind }) => step?.phase === phase && (kind === 'step' || kind === 'join'),
    );
  const others = [...graph.nodes.values()].filter(({ step, id }) => step === null && touched.has(id));
  const lines = [
    'flowchart TD',
    ...others.map((node) => `  ${name(node.id)}${shapeOf(node)}`),
    ...runbook.phases.flatMap((phase, index) => [
      `  subgraph p${index}["${label(phase.offPath ? `${phase.title} (off the path)` : phase.title)}"]`,
      ...nodesOf(phase.id).map((node) => `    ${name(node.id)}${shapeOf(node)}`),
      '  end',
    ]),
    ...linesOf(graph, drawn, name),
    ...classLines(graph, runbook, name),
  ];
  return `${lines.join('\n')}\n`;
}

const isDrawn = ({ by, route }: GraphEdge): boolean => by === 'author' && route !== 'ask' && route !== 'undo';

const troubles: ReadonlySet<string> = new Set(['fail', 'unknown', 'timeout', 'denied', 'abort']);

/** One arrow for each pair of nodes and way of going there, with the events that it stands for. */
function linesOf(
  graph: StepGraph,
  edges: readonly GraphEdge[],
  name: (id: string) => string,
): readonly string[] {
  const arrows = Map.groupBy(edges, (edge) => `${name(edge.from)} ${arrowOf(graph, edge)} ${name(edge.to)}`);
  return [...arrows].map(([key, group]) => {
    const [from, arrow, to] = key.split(' ');
    const words = group.map(({ event }) => wordsOf(graph, event, group)).filter((text) => text !== '');
    return `  ${from} ${arrow}${words.length === 0 ? '' : `|"${label(words.join(', '))}"|`} ${to}`;
  });
}

function arrowOf(graph: StepGraph, { from, event }: GraphEdge): string {
  if (troubles.has(event)) return '-.->';
  const node = graph.nodes.get(from);
  return node?.kind === 'step' && node.step?.ponr && event === 'pass' ? '==>' : '-->';
}

function wordsOf(graph: StepGraph, event: string, group: readonly GraphEdge[]): string {
  if (event === 'pass') return group.some((edge) => arrowOf(graph, edge) === '==>') ? 'no way back' : '';
  if (event === 'gone_on') return 'each item';
  if (event === 'skip') return group.some((edge) => edge.event === 'pass') ? 'or not needed' : 'not needed';
  if (event === 'fork') return '';
  return event.startsWith('option:') ? event.slice('option:'.length) : event;
}

/** A shape a kind, so that a new kind cannot be forgotten. */
const shapes: Readonly<Record<StepKind, readonly [string, string]>> = {
  run: ['[', ']'],
  check: ['[', ']'],
  compare: ['[', ']'],
  smoke: ['[', ']'],
  manual: ['[', ']'],
  notify: ['[', ']'],
  wait: ['[', ']'],
  barrier: ['[', ']'],
  decide: ['{', '}'],
  approve: ['{{', '}}'],
  confirm: ['{{', '}}'],
  parallel: ['[[', ']]'],
  each: ['[[', ']]'],
  release: ['[/', '/]'],
  end: ['([', '])'],
};

function shapeOf(node: GraphNode): string {
  if (node.kind === 'join') return '(("joined"))';
  if (node.step === null) return `(["${label(nodeName(node.id))}"])`;
  const [open, close] = shapes[node.step.kind];
  return `${open}"${[node.step.title, ...marksOf(node.step)].map(label).join('<br/>')}"${close}`;
}

function marksOf(step: Step): readonly string[] {
  return [
    ...(step.ponr === null ? [] : [`no return: ${step.ponr.lost}`]),
    ...(step.opens === null ? [] : [`opens ${step.opens.id}`]),
    ...(step.kind === 'release' ? [`releases ${step.obligations.join(', ')}`] : []),
  ];
}

function classLines(graph: StepGraph, runbook: Runbook, name: (id: string) => string): readonly string[] {
  const lines = [...graph.nodes.values()]
    .filter(({ kind, step }) => kind === 'step' && step?.ponr)
    .map(({ id }) => name(id));
  const aside = runbook.phases.flatMap(({ offPath }, index) => (offPath ? [`p${index}`] : []));
  const broken = (graph.into.get(nowhereNode) ?? []).some(isDrawn) ? [name(nowhereNode)] : [];
  return [
    ...(lines.length === 0
      ? []
      : ['  classDef noReturn stroke:#c00,stroke-width:4px', `  class ${lines.join(',')} noReturn`]),
    ...(aside.length === 0
      ? []
      : ['  classDef offPath stroke-dasharray:4 4', `  class ${aside.join(',')} offPath`]),
    ...(broken.length === 0
      ? []
      : ['  classDef broken fill:#c00,color:#fff', `  class ${broken.join(',')} broken`]),
  ];
}

const longest = 80;

/**
 * Text for a quoted label: letters, digits, marks and a few signs as they are, every other sign by its number, what
 * cannot be seen as `U+…`, and at most 80 characters. Nothing in it can end the label, the line or the drawing.
 */
function label(text: string): string {
  const plain = [...text.replaceAll(/\s+/gu, ' ').trim()];
  const cut = plain.length > longest ? [...plain.slice(0, longest), '…'] : plain;
  return cut.map(sign).join('');
}

function sign(character: string): string {
  if (/^[\p{L}\p{N}\p{M} .,:?!()/+=_…×–-]$/u.test(character))
    return invisible.test(character) ? codeOf(character) : character;
  return /^\p{C}|\p{Default_Ignorable_Code_Point}$/u.test(character)
    ? codeOf(character)
    : `#${character.codePointAt(0) ?? 63};`;
}

const invisible = /\p{Default_Ignorable_Code_Point}/u;

const codeOf = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
