import type { BoxContent, DrawingContent, LineContent, LineStyle } from './boxes.ts';
import { charactersWide } from './boxes.ts';

/** Where everything of a drawing is, in pixels. Columns stand in two rows: what is on the path, and what is beside it. */

export interface PlacedBox extends BoxContent {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PlacedLine extends LineContent {
  readonly points: readonly (readonly [x: number, y: number])[];
}

interface PlacedColumn {
  readonly title: string;
  readonly offPath: boolean;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly columns: readonly PlacedColumn[];
  readonly boxes: readonly PlacedBox[];
  readonly lines: readonly PlacedLine[];
}

export const rowHeight = 17;
export const characterWidth = 7.3;
export const padding = 10;
const boxWidth = Math.ceil(charactersWide * characterWidth) + 2 * padding;
const indent = 16;
const boxGap = 26;
const headHeight = 34;
const margin = 24;
const lane = 9;
const laneMargin = 14;

/** A stretch of a channel between boxes that a line uses; lines to the same place in the same style share it. */
interface Stretch {
  readonly key: string;
  readonly from: number;
  readonly to: number;
}

/** Gives each key of a channel the lowest lane in which it meets no other: the same order always gives the same lanes. */
function lanesOf(stretches: readonly Stretch[]): ReadonlyMap<string, number> {
  const spans = new Map<string, { from: number; to: number }>();
  for (const { key, from, to } of stretches) {
    const known = spans.get(key) ?? { from: Infinity, to: -Infinity };
    spans.set(key, { from: Math.min(known.from, from, to), to: Math.max(known.to, from, to) });
  }
  const taken: { from: number; to: number }[][] = [];
  const lanes = new Map<string, number>();
  for (const [key, span] of spans) {
    const free = taken.findIndex((others) =>
      others.every((other) => span.to + 4 < other.from || span.from - 4 > other.to),
    );
    const mine = free === -1 ? taken.length : free;
    (taken[mine] ??= []).push(span);
    lanes.set(key, mine);
  }
  return lanes;
}

interface Spot {
  readonly box: BoxContent;
  /** 0: the path; 1: beside it. */
  readonly band: 0 | 1;
  readonly column: number;
  readonly index: number;
  /** From the top of its band. */
  readonly top: number;
  readonly height: number;
}

const heightOf = ({ rows }: BoxContent): number => rows.length * rowHeight + padding;

/** Places boxes in columns and leads every line through the channels between them, never through a box. */
export function layoutOf(content: DrawingContent): Layout {
  const bands = [
    content.columns.filter(({ offPath }) => !offPath),
    content.columns.filter(({ offPath }) => offPath),
  ];
  const spots = new Map<string, Spot>();
  const depths: number[][] = [];
  const bandHeights = bands.map((columns, band) => {
    depths.push(columns.map(({ boxes }) => Math.max(0, ...boxes.map(({ depth }) => depth))));
    return Math.max(
      0,
      ...columns.map(({ boxes }, column) => {
        let top = headHeight;
        boxes.forEach((box, index) => {
          const height = heightOf(box);
          spots.set(box.id, { box, band: band === 0 ? 0 : 1, column, index, top, height });
          top += height + boxGap;
        });
        return top;
      }),
    );
  });

  const ways = content.lines.flatMap((line): readonly Way[] => {
    const from = spots.get(line.from);
    const to = spots.get(line.to);
    return from === undefined || to === undefined ? [] : [wayOf(line, from, to)];
  });

  // channels: one right of every column (and one left of the first), one above each band
  const columnsAcross = Math.max(bands[0]?.length ?? 0, bands[1]?.length ?? 0);
  const gutterLanes = [0, 1].map((band) =>
    Array.from({ length: columnsAcross + 1 }, (_none, gutter) =>
      lanesOf(
        ways.flatMap(({ vertical }) => vertical.filter((one) => one.band === band && one.gutter === gutter)),
      ),
    ),
  );
  const corridorLanes = [0, 1].map((band) =>
    lanesOf(
      ways.flatMap(({ corridor }) =>
        corridor !== null && corridor.band === band
          ? [{ key: corridor.key, from: corridor.fromGutter, to: corridor.toGutter }]
          : [],
      ),
    ),
  );

  const widthOfLanes = (lanes: ReadonlyMap<string, number> | undefined): number =>
    2 * laneMargin + lane * Math.max(0, ...[...(lanes?.values() ?? [])].map((value) => value + 1));
  const gutterX: number[] = [];
  const columnX: number[] = [];
  let x = margin;
  for (let gutter = 0; gutter <= columnsAcross; gutter += 1) {
    gutterX.push(x);
    x += Math.max(widthOfLanes(gutterLanes[0]?.[gutter]), widthOfLanes(gutterLanes[1]?.[gutter]));
    if (gutter === columnsAcross) break;
    columnX.push(x);
    x += boxWidth + indent * Math.max(depths[0]?.[gutter] ?? 0, depths[1]?.[gutter] ?? 0);
  }
  const corridorHeight = (band: number): number => widthOfLanes(corridorLanes[band]) - laneMargin;
  const bandY = [margin + corridorHeight(0)];
  bandY.push((bandY[0] ?? 0) + (bandHeights[0] ?? 0) + corridorHeight(1));

  const boxes = [...spots.values()].map(({ box, band, column, top, height }): PlacedBox => ({
    ...box,
    x: (columnX[column] ?? 0) + indent * box.depth,
    y: (bandY[band] ?? 0) + top,
    width: boxWidth,
    height,
  }));
  const placed = new Map(boxes.map((box) => [box.id, box]));
  const laneX = (band: number, gutter: number, key: string): number =>
    (gutterX[gutter] ?? 0) + laneMargin + lane * (gutterLanes[band]?.[gutter]?.get(key) ?? 0);
  const trackY = (band: number, key: string): number =>
    (bandY[band] ?? 0) - laneMargin / 2 - lane * ((corridorLanes[band]?.get(key) ?? 0) + 1) + lane / 2;

  const lines = ways.flatMap((way): readonly PlacedLine[] => {
    const from = placed.get(way.line.from);
    const to = placed.get(way.line.to);
    return from === undefined || to === undefined
      ? []
      : [{ ...way.line, points: pointsOf(way, from, to, laneX, trackY) }];
  });

  const second = bands[1]?.length === 0 ? 0 : corridorHeight(1) + (bandHeights[1] ?? 0);
  return {
    width: x + margin,
    height: (bandY[0] ?? 0) + (bandHeights[0] ?? 0) + second + margin,
    columns: bands.flatMap((columns, band) =>
      columns.map(({ title, offPath, boxes }, column) => ({
        title,
        offPath,
        x: (columnX[column] ?? 0) - 6,
        y: bandY[band] ?? 0,
        width: boxWidth + indent * (depths[band]?.[column] ?? 0) + 12,
        height: boxes.reduce((height, box) => height + heightOf(box) + boxGap, headHeight) - boxGap / 2,
      })),
    ),
    boxes,
    lines,
  };
}

interface Way {
  readonly line: LineContent;
  readonly key: string;
  /** `down`: to the box right below; otherwise through the channels. */
  readonly kind: 'down' | 'beside' | 'around';
  readonly vertical: readonly (Stretch & { readonly band: 0 | 1; readonly gutter: number })[];
  readonly corridor: {
    readonly key: string;
    readonly band: 0 | 1;
    readonly fromGutter: number;
    readonly toGutter: number;
  } | null;
}

/** Which channels a line goes through. `beside`: into the same column from the right, or into the next from the left. */
function wayOf(line: LineContent, from: Spot, to: Spot): Way {
  const key = `${line.style} ${line.to}`;
  const sameBand = from.band === to.band;
  if (sameBand && from.column === to.column && to.index === from.index + 1 && line.row === null)
    return { line, key, kind: 'down', vertical: [], corridor: null };
  const exit = from.top + portY(line, from.height);
  const entry = to.top + entryY(line.style, to.height);
  const out = from.column + 1;
  if (sameBand && (to.column === from.column || to.column === from.column + 1)) {
    return {
      line,
      key,
      kind: 'beside',
      vertical: [{ key, from: exit, to: entry, band: from.band, gutter: out }],
      corridor: null,
    };
  }
  const band = sameBand ? from.band : 1;
  const into = to.column;
  const edge = (spot: Spot, at: number): Stretch =>
    spot.band === band ? { key, from: 0, to: at } : { key, from: at, to: 1e9 };
  return {
    line,
    key,
    kind: 'around',
    vertical: [
      { ...edge(from, exit), band: from.band, gutter: out },
      { ...edge(to, entry), band: to.band, gutter: into },
    ],
    corridor: { key, band, fromGutter: out, toGutter: into },
  };
}

const portY = ({ row }: LineContent, height: number): number =>
  row === null ? height / 2 : padding / 2 + row * rowHeight + rowHeight / 2;

const entryOrder: Readonly<Record<LineStyle, number>> = {
  next: 0,
  option: 1,
  fail: 2,
  unknown: 3,
  timeout: 4,
  denied: 5,
  abort: 6,
};

/** Each style comes in at a height of its own, so that lines which end at one box can be told apart. */
const entryY = (style: LineStyle, height: number): number =>
  Math.min(height - 4, 8 + entryOrder[style] * Math.min(4, (height - 14) / 6));

function pointsOf(
  { line, key, kind, vertical, corridor }: Way,
  from: PlacedBox,
  to: PlacedBox,
  laneX: (band: number, gutter: number, key: string) => number,
  trackY: (band: number, key: string) => number,
): PlacedLine['points'] {
  if (kind === 'down') {
    const middle = Math.max(from.x, to.x) + 24;
    return [
      [middle, from.y + from.height],
      [middle, to.y],
    ];
  }
  const exit = from.y + portY(line, from.height);
  const entry = to.y + entryY(line.style, to.height);
  const right = from.x + from.width;
  const [first, second] = vertical;
  const firstX = laneX(first?.band ?? 0, first?.gutter ?? 0, key);
  if (corridor === null || second === undefined) {
    const side = to.x > firstX ? to.x : to.x + to.width;
    return [
      [right, exit],
      [firstX, exit],
      [firstX, entry],
      [side, entry],
    ];
  }
  const secondX = laneX(second.band, second.gutter, key);
  const track = trackY(corridor.band, key);
  return [
    [right, exit],
    [firstX, exit],
    [firstX, track],
    [secondX, track],
    [secondX, entry],
    [to.x, entry],
  ];
}
