import type { ScopeView, SessionView } from '../machine/view.ts';
import { clockText } from '../report/time.ts';

/** What goes back together, a line a component, with every rule and everything that people said about it. */
export function scopeLines({ scope }: Pick<SessionView, 'scope'>): readonly string[] {
  if (scope === undefined)
    return ['scope: not worked out; the runbook names no components, or they are being read'];
  return [
    `scope at ${clockText(scope.at)}, changes as ${scope.source} says`,
    ...scope.rows.map(rowLine),
    `  order of the way back: ${scope.order.map((unit) => unit.join(' + ')).join(', then ') || 'nothing goes back'}`,
    ...scope.edges.map(edgeLine),
    ...scope.findings.map(({ detail }) => `  finding: ${detail}`),
    ...scope.overrides.map(
      ({ at, by, component, was, as, reason }) =>
        `  override at ${clockText(at)} by ${by}: ${component} ${was.toUpperCase()} to ${as.toUpperCase()}, because ${reason}`,
    ),
    ...askLines(scope),
  ];
}

const rowLine = ({
  component,
  type,
  unit,
  state,
  live,
  to,
  reason,
  verdict,
}: ScopeView['rows'][number]): string =>
  [
    `  ${state.toUpperCase()} ${component} (${type}${unit === null ? '' : `, unit ${unit}`})`,
    `runs ${live ?? 'not known'}`,
    ...(state === 'out' ? [] : [`goes to ${to ?? 'not said'}`]),
    reason,
    verdict === null ? 'no rule is about it' : `rules: ${verdict}`,
  ].join(', ');

const edgeLine = ({ kind, from, to, text, result, detail, red }: ScopeView['edges'][number]): string =>
  `  ${red ? 'RED EDGE' : kind} ${kind === 'need' ? `${from} needs of ${to}` : `${from} with ${to}`}: ${text}: ${result}${detail === '' ? '' : `, ${detail}`}`;

/** What has to be said before anything is changed. */
export const askLines = ({ rows, open }: ScopeView): readonly string[] =>
  rows
    .filter(({ component }) => open.includes(component))
    .map(
      ({ component, unit, reason }) =>
        `SCOPE asks about ${component}: ${reason}; type include ${unit ?? component} REASON, exclude ${unit ?? component} REASON, or versions`,
    );

/** What is new about the scope since the last view. */
export function scopeChanges(before: SessionView | null, { scope }: SessionView): readonly string[] {
  if (scope === undefined || before?.scope?.at === scope.at) return [];
  const old = new Map(before?.scope?.rows.map((row) => [row.component, row]));
  const changed = scope.rows.filter(({ component, state, reason }) => {
    const was = old.get(component);
    return was?.state !== state || was.reason !== reason;
  });
  return [...changed.map((row) => `scope:${rowLine(row).slice(1)}`), ...askLines(scope)];
}
