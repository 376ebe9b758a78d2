import type { Context } from './context.ts';
import { openDebts } from './debts.ts';
import type { TimedFact } from './facts.ts';
import type { CommandView, SessionView } from './view.ts';

/** Who commands, folded from the hand-overs; null before the first is offered. */
export function foldCommand(context: Context, fact: TimedFact): CommandView | null {
  switch (fact.type) {
    case 'handover.offered': {
      const { by, to, briefing, at } = fact;
      return { commander: commanderOf(context), offer: { by, to, briefing, at }, before: beforeOf(context) };
    }
    case 'handover.accepted':
      return {
        commander: fact.to,
        offer: null,
        before: [...beforeOf(context), { at: fact.at, from: fact.from, to: fact.to }],
      };
    case 'handover.withdrawn':
      return { commander: commanderOf(context), offer: null, before: beforeOf(context) };
    default:
      return context.command;
  }
}

const beforeOf = ({ command }: Context): CommandView['before'] => command?.before ?? [];

/** Who commands now: who started the session, until command was handed over. */
export const commanderOf = ({ command, started }: Context): string => command?.commander ?? started?.by ?? '';

/** Everybody who has commanded: none of them approves what was asked for under them. */
export const commandersOf = ({ command, started }: Context): readonly string[] => [
  ...new Set([...(started === null ? [] : [started.by]), ...(command?.before ?? []).map(({ to }) => to)]),
];

/** What the next person types back: the step at hand, and how many debts are owed. */
export const readBackOf = (
  context: Context,
  view: SessionView,
): { readonly step: string; readonly owed: number } => ({
  step: view.current[0]?.place.step ?? 'none',
  owed: openDebts(context).length,
});

const atMost = 7;

/**
 * What the next commander has to know, a line each: what was just done, what is next, what is owed, what was decided,
 * and which questions are open. Worst first, at most seven lines of a kind.
 */
export function briefingOf(context: Context, view: SessionView): readonly string[] {
  const { session, current, decisions, triggers, watches, drift, notes } = view;
  const of = (head: string, lines: readonly string[], none: string): readonly string[] =>
    lines.length === 0
      ? [`${head}: ${none}`]
      : [
          ...lines.slice(0, atMost).map((line) => `${head}: ${line}`),
          ...(lines.length > atMost ? [`${head}: and ${String(lines.length - atMost)} more`] : []),
        ];
  const questions = [
    ...(view.held === null ? [] : [`the session is held: ${view.held}`]),
    ...current.flatMap(({ problem, title }) => (problem === null ? [] : [`${title}: ${problem.detail}`])),
    ...current.flatMap(({ chosen }) =>
      (chosen?.objections ?? []).map(({ by, text }) => `${by} objects: ${text}`),
    ),
    ...watches.filter(({ breached }) => breached).map(({ id, reading }) => `watch ${id}: ${reading.detail}`),
    ...triggers
      .filter(({ state }) => state === 'FIRED' || state === 'UNKNOWN')
      .map(({ id, state, detail }) => `trigger ${id} ${state}: ${detail}`),
    ...drift.map(({ what, target }) => `drift on ${target}: ${what}`),
    ...notes.slice(-2).map(({ by, text }) => `note by ${by}: ${text}`),
  ];
  return [
    `what: ${session.runbook.title} on ${session.environment} (${session.mode}), started ${session.startedAt}`,
    ...of('just done', view.last === null ? [] : [view.last.text], 'nothing'),
    ...of(
      'next',
      current.map(({ title, place, status }) => `${title} (${place.step}), ${status.replaceAll('_', ' ')}`),
      'nothing is open',
    ),
    ...of(
      'owed',
      openDebts(context).map(({ title, overdue }) => `${title}${overdue ? ', OVERDUE' : ''}`),
      'nothing',
    ),
    ...of(
      'decided',
      decisions.map(({ title, by, reason }) => `${title}, by ${by}${reason === null ? '' : `: ${reason}`}`),
      'nothing',
    ),
    ...of('open question', questions, 'none'),
  ];
}
