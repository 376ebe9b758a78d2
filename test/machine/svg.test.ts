import { readdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { examineAny } from '../../src/cli/load.ts';
import { graph } from '../../src/cli/commands/graph.ts';
import { svg } from '../../src/machine/drawing/svg.ts';
import { stepGraph } from '../../src/machine/graph.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import { readXml, type Xml } from './read-xml.ts';
import {
  bookOfSteps,
  checkStep,
  decideStep,
  eachStep,
  endStep,
  goTo,
  oneOfEachKind,
  parallelStep,
  readStep,
  runStep,
  runbookOf,
  titledRunbook,
} from './runbook-builder.ts';
import { costRatio } from '../fixtures/cpu-time.ts';

const everywhere = (node: Xml): readonly Xml[] => [node, ...node.children.flatMap(everywhere)];
const withAttribute = (root: Xml, name: string): readonly Xml[] =>
  everywhere(root).filter(({ attributes }) => attributes[name] !== undefined);
const number = (node: Xml, name: string): number => Number(node.attributes[name]);

interface Box {
  readonly id: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

function boxesOf(root: Xml): readonly Box[] {
  return withAttribute(root, 'data-node').map((group) => {
    const rect = group.children.find(({ name }) => name === 'rect');
    if (rect === undefined) throw new Error('a box without a rectangle');
    const [left, top] = [number(rect, 'x'), number(rect, 'y')];
    return {
      id: group.attributes['data-node'] ?? '',
      left,
      top,
      right: left + number(rect, 'width'),
      bottom: top + number(rect, 'height'),
    };
  });
}

const overlaps = (a: Box, b: Box): boolean =>
  a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;

/** The straight pieces of a line, each as a box without an inside. */
function piecesOf(line: Xml): readonly Box[] {
  const points = [...(line.attributes['d'] ?? '').matchAll(/[ML](-?[\d.]+) (-?[\d.]+)/g)].map(([, x, y]) => ({
    x: Number(x),
    y: Number(y),
  }));
  return points.slice(1).map((to, index) => {
    const from = points[index] ?? to;
    return {
      id: line.attributes['data-edges'] ?? '',
      left: Math.min(from.x, to.x),
      right: Math.max(from.x, to.x),
      top: Math.min(from.y, to.y),
      bottom: Math.max(from.y, to.y),
    };
  });
}

/** What is wrong with a drawing; nothing for a good one. */
function faultsOf(runbook: Runbook): readonly string[] {
  const root = readXml(svg(runbook));
  const steps = stepGraph(runbook);
  const boxes = boxesOf(root);
  const drawn = new Set(boxes.map(({ id }) => id));
  const said = withAttribute(root, 'data-edges').flatMap(({ attributes }) =>
    (attributes['data-edges'] ?? '').split(' | '),
  );
  // what only an override leads to is no part of the procedure as it was written
  const touched = new Set(
    steps.edges.filter(({ by }) => by === 'author').flatMap(({ from, to }) => [from, to]),
  );
  const lines = withAttribute(root, 'data-from');
  const [width, height] = [number(root, 'width'), number(root, 'height')];
  return [
    ...[...steps.nodes.keys()].filter((id) => touched.has(id) && !drawn.has(id)).map((id) => `no box ${id}`),
    ...steps.edges.filter(({ id }) => !said.includes(id)).map(({ id }) => `no edge ${id}`),
    ...said.filter((id, index) => said.indexOf(id) !== index).map((id) => `edge twice ${id}`),
    ...boxes.flatMap((box, index) =>
      boxes.slice(index + 1).flatMap((other) => (overlaps(box, other) ? [`${box.id} over ${other.id}`] : [])),
    ),
    ...boxes
      .filter(({ left, top, right, bottom }) => left < 0 || top < 0 || right > width || bottom > height)
      .map(({ id }) => `${id} is outside`),
    ...lines.flatMap((line) =>
      piecesOf(line).flatMap((piece) =>
        boxes.filter((box) => overlaps(box, piece)).map(({ id }) => `${piece.id} runs through ${id}`),
      ),
    ),
    ...lines.flatMap((line) => {
      const pieces = piecesOf(line);
      const meets = (id: string | undefined, one: Box | undefined): boolean =>
        boxes.some(
          (box) =>
            box.id === id &&
            one !== undefined &&
            one.right >= box.left &&
            one.left <= box.right &&
            one.bottom >= box.top &&
            one.top <= box.bottom,
        );
      return meets(line.attributes['data-from'], pieces[0]) &&
        meets(line.attributes['data-to'], pieces.at(-1))
        ? []
        : [`${line.attributes['data-edges'] ?? ''} hangs in the air`];
    }),
  ];
}

const many = (steps: number): Runbook =>
  runbookOf({
    phases: [
      {
        id: 'decide',
        title: 'Decide',
        steps: [decideStep('which', { go: 'next', forward: goTo('aside') })],
      },
      ...Array.from({ length: 4 }, (_none, phase) => ({
        id: `phase_${phase}`,
        title: `Phase ${phase}`,
        steps: Array.from({ length: Math.floor((steps - 4) / 4) }, (_one, index) =>
          runStep(`s_${phase}_${index}`, {
            ...(index === 3 ? { ponr: { lost: 'orders', confirm: 'name' as const } } : {}),
            ...(index % 5 === 0 ? { on: { fail: goTo('aside'), timeout: goTo('which') } } : {}),
          }),
        ),
      })),
      { id: 'over', title: 'Over', steps: [endStep('done')] },
      {
        id: 'aside',
        title: 'Aside',
        offPath: true,
        steps: [readStep('look'), endStep('gone', 'not_possible')],
      },
    ],
  });

const shipped = path.resolve(import.meta.dirname, '../../runbooks');
const files = ['.', 'templates'].flatMap((folder) =>
  readdirSync(path.join(shipped, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => path.join(folder, name)),
);

describe('the SVG of a runbook', () => {
  test.each(files)('%s: every state and edge is there, no box or line lies on another box', (file) => {
    const { loaded } = examineAny(path.join(shipped, file));
    if (!loaded.ok) throw new Error(`${file} does not load`);
    expect(faultsOf(loaded.runbook)).toEqual([]);
  });

  test.each(Object.entries(oneOfEachKind()))('has a box for a step of kind %s', (kind, step) => {
    const runbook = bookOfSteps(step, endStep('z'));
    expect(faultsOf(runbook)).toEqual([]);
    const box = withAttribute(readXml(svg(runbook)), 'data-node').find(
      ({ attributes }) => attributes['data-node'] === step.id,
    );
    expect(box?.attributes['class']?.split(' ')).toContain(kind);
  });

  test.each([14, 200])('with %i steps it is whole', (steps) => {
    expect(faultsOf(many(steps))).toEqual([]);
  });

  test('what it costs to draw does not run away with the steps', () => {
    const [small, large] = [many(52), many(204)];
    // four times the steps: their square costs sixteen times as much, their cube sixty-four times
    expect(
      costRatio(
        () => svg(small),
        () => svg(large),
      ),
    ).toBeLessThan(40);
  });

  test('loops and regions inside each other are whole', () => {
    const runbook = bookOfSteps(
      eachStep('outer', [
        readStep('first'),
        parallelStep('both', [checkStep('left'), eachStep('inner', [readStep('deep'), readStep('deeper')])]),
      ]),
      endStep('z'),
    );
    expect(faultsOf(runbook)).toEqual([]);
  });

  test('a path that falls off is seen', () => {
    const runbook = bookOfSteps(readStep('a'));
    expect(faultsOf(runbook)).toEqual([]);
    expect(svg(runbook)).toContain('class="box nowhere"');
  });

  test('it is always the same, has a title and a description, and marks the point of no return', () => {
    const runbook = many(14);
    const text = svg(runbook);
    expect(svg(runbook)).toBe(text);
    const root = readXml(text);
    expect(root.attributes['role']).toBe('img');
    for (const id of (root.attributes['aria-labelledby'] ?? '').split(' '))
      expect(everywhere(root).some(({ attributes }) => attributes['id'] === id)).toBe(true);
    expect(
      everywhere(root).filter(({ attributes }) => attributes['class'] === 'no-return-mark'),
    ).toHaveLength([...stepGraph(runbook).nodes.values()].filter(({ step }) => step?.ponr).length);
    const lines = withAttribute(root, 'data-from').map(({ attributes }) => attributes['class']);
    expect(new Set(lines)).toEqual(new Set(['line next', 'line option', 'line fail', 'line timeout']));
  });

  test('nothing in it is fetched or run', () => {
    expect(svg(many(14))).not.toMatch(/<script|<foreignObject|<image|href=|url\((?!#)|@import/);
  });

  test('no text whatever leaves its place', () => {
    const titled = (title: string): Runbook => titledRunbook(title, ['ci']);
    const shape = (node: Xml): string => `${node.name}(${node.children.map(shape).join('')})`;
    const plain = everywhere(readXml(svg(titled('plain')))).length;
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (title) => {
        const root = readXml(svg(titled(title)));
        const more = everywhere(root).length - plain; // each of three titles may take a second line
        expect([0, 1, 2, 3]).toContain(more);
        expect(shape(root)).not.toContain('script');
      }),
      { numRuns: 60, seed: 7 },
    );
    const hostile = svg(titled('</text><script>alert(1)</script>&"\u202e\u0007'));
    expect(hostile).not.toContain('<script');
    expect(hostile).toContain('U+202E');
  });

  test('the command writes either form', () => {
    const printed: string[] = [];
    const around = { write: (text: string) => void printed.push(text) } as Parameters<typeof graph>[0];
    const file = path.join(shipped, 'templates/basic.yaml');
    expect(graph(around, file, { format: 'svg' })).toBe(0);
    expect(graph(around, file, { format: 'mermaid' })).toBe(0);
    expect(readXml(printed[0] ?? '').name).toBe('svg');
    expect(printed[1]).toMatch(/^flowchart TD\n/);
  });
});
