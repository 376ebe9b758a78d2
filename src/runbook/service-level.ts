import type { Expression, Position, Probe, Template } from './model/values.ts';
import type { ServiceLevel } from './model/criteria.ts';

/**
 * The questions that a service level comes to, as PromQL (FORMULAS E2). Windows are milliseconds. Every question
 * answers one number or nothing; an error counter that does not exist yet counts as 0 only where the whole is counted.
 */

type Piece = string | number | Template;

/** PromQL put together from texts, numbers and what the runbook wrote. */
function queryOf(at: Position, ...pieces: readonly Piece[]): Template {
  const parts = pieces.flatMap((piece): readonly (string | Expression)[] =>
    typeof piece === 'object' ? piece.parts : [String(piece)],
  );
  const joined: (string | Expression)[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (typeof part === 'string' && typeof last === 'string') joined[joined.length - 1] = last + part;
    else joined.push(part);
  }
  return { parts: joined, at };
}

/** A span as PromQL spells it. */
const span = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000}s` : `${Math.round(ms)}ms`);

/** Most points that a subquery over a long window asks for. */
const mostPoints = 240;
const stepOf = (windowMs: number): number =>
  Math.max(1_000, Math.ceil(windowMs / mostPoints / 1_000) * 1_000);

const noWhere: Position = { file: '', line: 1, column: 1 };

function probeOf(level: ServiceLevel, id: string, query: Template, unit: string | null): Probe | null {
  const { source = null } = level;
  if (source === null) return null;
  return {
    id,
    source: { kind: 'prometheus', url: source.url, query },
    json: null,
    pattern: null,
    times: 1,
    reduce: 'last',
    unit,
    timeoutMs: 10_000,
    at: level.at ?? noWhere,
  };
}

/** The share of errors within a window, as pieces of a query; null where nothing counts them. */
function errorShare({ source = null }: ServiceLevel, windowMs: number): readonly Piece[] | null {
  if (source === null) return null;
  const window = span(windowMs);
  if (source.kind === 'probe')
    return ['avg_over_time((', source.query, `)[${window}:${span(stepOf(windowMs))}])`];
  const rate = (selector: Template): readonly Piece[] => ['sum(rate(', selector, `[${window}]))`];
  const all = rate(source.total);
  const counted: readonly Piece[] = ['(', ...rate(source.events), ' or 0 * ', ...all, ')'];
  return source.counted === 'bad'
    ? ['(', ...counted, ' / ', ...all, ')']
    : ['(1 - ', ...counted, ' / ', ...all, ')'];
}

/** A number that PromQL reads back as the same number. */
const factor = (target: number): number => Number((1 - target).toPrecision(12));

/** How many times faster than allowed the budget burnt within a window: `errors / (1 − target)`. */
export function burnProbe(level: ServiceLevel, windowMs: number): Probe | null {
  const share = errorShare(level, windowMs);
  if (share === null) return null;
  const query = queryOf(level.at ?? noWhere, ...share, ' / ', factor(level.target));
  return probeOf(level, `slo_${level.id}_burn_${span(windowMs)}`, query, 'x');
}

/**
 * The lower of the burn rates of two windows: what both of them exceed, it exceeds. Of several short windows the first
 * one counts that says anything.
 */
export function lowerBurnProbe(
  level: ServiceLevel,
  longMs: number,
  shortMs: readonly [number, ...number[]],
): Probe | null {
  const long = errorShare(level, longMs);
  const shorts = shortMs.flatMap((ms) => {
    const share = errorShare(level, ms);
    return share === null ? [] : [share];
  });
  if (long === null || shorts.length === 0) return null;
  const short = shorts.length === 1 ? shorts.flat() : ['(', ...shorts.flatMap(orElse), ')'];
  const rates = ['(', ...long, ' <= ', ...short, ' or ', ...short, ')'];
  const query = queryOf(level.at ?? noWhere, ...rates, ' / ', factor(level.target));
  return probeOf(level, `slo_${level.id}_burn_${span(longMs)}_${span(shortMs[0])}`, query, 'x');
}

const orElse = (share: readonly Piece[], at: number): readonly Piece[] =>
  at === 0 ? share : [' or ', ...share];

/** Events within a window: the `n` behind its rates. Null where only a share is known. */
export function eventsProbe(level: ServiceLevel, windowMs: number): Probe | null {
  const { source = null } = level;
  if (source?.kind !== 'counters') return null;
  const query = queryOf(level.at ?? noWhere, 'sum(increase(', source.total, `[${span(windowMs)}]))`);
  return probeOf(level, `slo_${level.id}_events_${span(windowMs)}`, query, null);
}

/** The share of a window for which there is a measurement at all, 0 to 1. */
export function coveredProbe(level: ServiceLevel, windowMs: number): Probe | null {
  const { source = null } = level;
  if (source === null) return null;
  const step = stepOf(windowMs);
  const counted: readonly Piece[] =
    source.kind === 'probe' ? ['(', source.query, ')'] : ['sum(', source.total, ')'];
  const due = windowMs / step;
  const query = queryOf(
    level.at ?? noWhere,
    'count_over_time(',
    ...counted,
    `[${span(windowMs)}:${span(step)}]) / `,
    due,
  );
  return probeOf(level, `slo_${level.id}_covered_${span(windowMs)}`, query, 'ratio');
}

/**
 * The share of the whole budget that is gone when a trigger fires at its threshold, 0 to 1 and beyond: the price of its
 * `for`. `threshold / (1 − target) · for / period` (E2); threshold and target are shares, times are milliseconds.
 */
export const burntBeforeFiring = (
  threshold: number,
  target: number,
  forMs: number,
  periodMs: number,
): number => ((threshold / (1 - target)) * forMs) / periodMs;
