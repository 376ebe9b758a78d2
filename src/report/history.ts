import { alignedTable } from './columns.ts';
import { barOf, type Signs } from './drawn.ts';
import { inertJson, visibleLine } from './inert.ts';
import type { ComparedSession, SideBySide, StepPair } from './side-by-side.ts';
import { clockText, dateText, durationText } from './time.ts';
import type { TimelineLine } from './timeline.ts';

/** One session's timeline as text. */
export const timelineText = (lines: readonly TimelineLine[], width: number): string =>
  lines.length === 0
    ? 'No such events.\n'
    : alignedTable(
        lines,
        [
          { title: '#', value: ({ seq }) => String(seq), align: 'right' },
          { title: 'UTC', value: ({ at }) => clockText(at) },
          { title: 'after', value: ({ afterMs }) => durationText(afterMs), align: 'right' },
          { title: 'kind', value: ({ kind }) => kind },
          { title: 'who', value: ({ who }) => who },
          { title: 'what', value: ({ what }) => what, shrinks: true },
          { title: 'evidence', value: ({ evidence }) => evidence, shrinks: true },
        ],
        width,
      );

export const timelineJson = (session: string, lines: readonly TimelineLine[]): string =>
  `${inertJson({ schema: 'walkback.timeline/1', session, lines }, 2)}\n`;

export const sideBySideJson = (compared: SideBySide): string =>
  `${inertJson({ schema: 'walkback.compared/1', ...compared }, 2)}\n`;

const longFor = (ms: number | null | undefined): string => (ms == null ? '-' : durationText(ms));

/** The head of a comparison: what of two sessions is held against each other before their steps. */
export const comparedFigures = ({
  left,
  right,
}: SideBySide): readonly (readonly [name: string, left: string, right: string])[] => {
  const both = (name: string, text: (session: ComparedSession) => string) =>
    [name, text(left), text(right)] as const;
  return [
    both('session', ({ id }) => id),
    both('runbook', ({ runbook, hash }) => `${runbook} ${hash.replace('sha256:', '').slice(0, 8)}`),
    both('where', ({ environment, mode }) => `${environment} ${mode}`),
    both('started (UTC)', ({ startedAt }) => (startedAt === null ? '-' : dateText(startedAt))),
    both('outcome', ({ outcome }) => outcome ?? 'goes on'),
    both('took', ({ figures }) => longFor(figures.durationMs)),
    both('to decide', ({ figures }) => longFor(figures.toDecideMs)),
    both('to restore', ({ figures }) => longFor(figures.toRestoreMs)),
    both('to give back', ({ figures }) => longFor(figures.toGiveBackMs)),
    both('retries', ({ figures }) => String(figures.retries)),
  ];
};

export const otherRunbook = 'the runbooks differ: a step of the same name may be another one';

/** `+28 s`, `-3.0 s`; empty where only one of them did it. */
function differenceText({ left, right }: StepPair): string {
  if (left === null || right === null) return '';
  const ms = right.ms - left.ms;
  return ms > 0 ? `+${durationText(ms)}` : durationText(ms);
}

/** How the two ended, where that differs. */
export function outcomesText({ left, right, differs }: StepPair): string {
  if (left === null) return `only right: ${right?.result ?? ''}`;
  if (right === null) return `only left: ${left.result}`;
  if (!differs) return left.result;
  const words = (side: typeof left): string =>
    side.attempts > 1 ? `${side.result} (${side.attempts} attempts)` : side.result;
  return `${words(left)} | ${words(right)}`;
}

const barColumns = 12;

/** Two sessions step by step as text, with bars. */
export function sideBySideText(compared: SideBySide, width: number, signs: Signs): string {
  const most = Math.max(0, ...compared.steps.flatMap(({ left, right }) => [left?.ms ?? 0, right?.ms ?? 0]));
  const bar = (ms: number | undefined): string => barOf(ms ?? 0, most, barColumns, signs.bar);
  const differing = compared.steps.filter(({ differs }) => differs).length;
  return [
    alignedTable(
      comparedFigures(compared),
      [
        { title: '', value: ([name]) => name },
        { title: 'left', value: ([, left]) => left },
        { title: 'right', value: ([, , right]) => right },
      ],
      width,
    ),
    compared.sameRunbook ? '' : `${otherRunbook}\n`,
    `\n${compared.steps.length} steps, ${differing} of them differ; a time runs from when a step was shown until it was settled\n`,
    alignedTable(
      compared.steps,
      [
        { title: '', value: ({ differs }) => (differs ? '*' : '') },
        { title: 'step', value: ({ place }) => place, shrinks: true },
        { title: 'left', value: ({ left }) => longFor(left?.ms), align: 'right' },
        { title: '', value: ({ left }) => bar(left?.ms) },
        { title: 'right', value: ({ right }) => longFor(right?.ms), align: 'right' },
        { title: '', value: ({ right }) => bar(right?.ms) },
        { title: 'difference', value: differenceText, align: 'right' },
        { title: 'ended', value: (pair) => visibleLine(outcomesText(pair)), shrinks: true },
      ],
      width,
    ),
  ].join('');
}
