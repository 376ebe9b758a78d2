import type { ScopeDecision } from '../judge/scope-model.ts';
import { bullets, table } from './markdown.ts';
import { asked, section } from './postmortem-asked.ts';
import type { Material } from './postmortem-material.ts';
import { eventsOf } from './story.ts';
import { dateText } from './time.ts';

/** What went back together and why, what people said against it, and the rules that did not hold; nothing without components. */
export function scopeSection(material: Material): readonly string[] {
  const { events, name } = material;
  const decided = eventsOf(events, 'scope.decided');
  const newest = decided.at(-1);
  if (newest === undefined) return [];
  const { fact } = newest;
  const parts = [
    `Worked out ${decided.length === 1 ? 'once' : `${String(decided.length)} times`}, last ${dateText(newest.at)} UTC.`,
    table(scopeHeads, scopeCells(fact)),
    '**In the order of the way back:**',
    bullets(
      fact.order.map((unit) => unit.join(' + ')),
      'Nothing was to go back.',
    ),
    '**Rules, held against the state that was to be created:**',
    table(edgeHeads, edgeCells(fact), 'No rule is about what went back.'),
    '**Red edges (rules that did not hold, gone on over by a person):**',
    bullets(redEdges(fact), 'None.'),
    '**Overrides:**',
    table(
      ['time', 'by', 'component', 'from', 'to', 'reason'],
      eventsOf(events, 'scope.overridden').map(({ at, fact: said }) => [
        dateText(at),
        name(said.by),
        said.component,
        said.was.toUpperCase(),
        said.as.toUpperCase(),
        said.reason,
      ]),
      'None.',
    ),
    '**Findings:**',
    bullets(
      fact.findings.map(({ detail }) => detail),
      'None.',
    ),
  ];
  return [section('Scope', parts, asked(material, 'scope'))];
}

export const scopeHeads = ['component', 'scope', 'live', 'goes to', 'rule', 'verdict'] as const;

/** The table of components: `plan` and the exports print the same one. */
export const scopeCells = ({ rows }: Pick<ScopeDecision, 'rows'>): readonly (readonly string[])[] =>
  rows.map(({ component, type, unit, state, live, to, reason, verdict, by }) => [
    `${component} (${type}${unit === null ? '' : `, unit ${unit}`})`,
    `${state.toUpperCase()}${by === null ? '' : ' by override'}`,
    live ?? 'not known',
    state === 'out' ? 'stays' : (to ?? 'not said'),
    reason,
    verdict ?? 'no rule',
  ]);

export const edgeHeads = ['kind', 'between', 'rule', 'result', 'because'] as const;

export const edgeCells = ({ edges }: Pick<ScopeDecision, 'edges'>): readonly (readonly string[])[] =>
  edges.map(({ kind, from, to, text, result, detail, red }) => [
    kind,
    kind === 'need' ? `${from} → ${to}` : `${from} + ${to}`,
    text,
    red ? `${result} (RED)` : result,
    detail,
  ]);

/** `api → db: live.db <= 41 (fail: db is 42)` */
export const redEdges = ({ edges }: Pick<ScopeDecision, 'edges'>): readonly string[] =>
  edges
    .filter(({ red }) => red)
    .map(
      ({ kind, from, to, text, result, detail }) =>
        `${from} ${kind === 'need' ? '→' : '+'} ${to}: ${text} (${result}: ${detail})`,
    );
