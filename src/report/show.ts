import { personOf } from './actors.ts';
import { alignedTable } from './columns.ts';
import { figuresOf } from './figures.ts';
import { commandText, visibleLine } from './inert.ts';
import { sayFact } from './sentences.ts';
import { readStory, type SessionRecord } from './story.ts';
import { clockText, dateText, durationText } from './time.ts';

export interface ShowInput extends SessionRecord {
  readonly verified: { readonly ok: boolean; readonly brokenAt: number | null };
  /** Cells of the terminal. */
  readonly width: number;
}

/** One session as plain text for a terminal: what it was, its figures, its debts and everything that happened. */
export function showText(input: ShowInput): string {
  const { events, verified, width } = input;
  const story = readStory(input);
  const figures = figuresOf(story, events);
  const { started } = story;
  const longFor = (ms: number | null) => (ms === null ? '-' : durationText(ms));
  const facts: readonly (readonly [string, string])[] = [
    ['session', story.id],
    [
      'runbook',
      started === null ? '-' : `${started.runbook.title} (${started.runbook.id}, ${started.runbook.hash})`,
    ],
    [
      'environment',
      started === null
        ? '-'
        : `${started.environment}, ${started.mode}${started.production ? ', production' : ''}`,
    ],
    ['started', story.startedAt === null ? '-' : `${dateText(story.startedAt)} UTC by ${started?.by ?? '-'}`],
    [
      'ended',
      story.endedAt === null
        ? 'goes on'
        : `${dateText(story.endedAt)} UTC, after ${longFor(figures.durationMs)}`,
    ],
    ['outcome', story.outcome ?? '-'],
    ['to decide', longFor(figures.toDecideMs)],
    ['to restore', longFor(figures.toRestoreMs)],
    [
      'steps',
      `${String(figures.steps)} (${String(figures.retries)} retries, ${String(figures.inDoubt)} in doubt, ${String(figures.skipped)} skipped, ${String(figures.overrides)} overrides)`,
    ],
    ['debts', `${String(figures.debts.opened)} opened, ${String(figures.debts.open)} open`],
    ['chain', verified.ok ? 'verified' : `BROKEN at event ${String(verified.brokenAt ?? '?')}`],
  ];
  const open = story.obligations.filter(({ closed }) => closed === null);
  return [
    ...facts.map(([name, value]) => `${name.padEnd(12)} ${visibleLine(value)}\n`),
    ...(open.length === 0
      ? []
      : [
          '\nstill owed\n',
          ...open.map(
            ({ opened }) =>
              `  ${visibleLine(opened.title)}: ${opened.release.length === 0 ? 'by hand' : visibleLine(commandText(opened.release))}\n`,
          ),
        ]),
    '\n',
    alignedTable(
      events,
      [
        { title: '#', value: ({ seq }) => String(seq), align: 'right' },
        { title: 'UTC', value: ({ at }) => clockText(at) },
        { title: 'who', value: ({ fact, actor }) => personOf(fact) ?? actor },
        { title: 'what', value: ({ fact }) => sayFact(fact).what, shrinks: true },
        { title: 'evidence', value: ({ fact }) => sayFact(fact).evidence, shrinks: true },
      ],
      width,
    ),
  ].join('');
}
