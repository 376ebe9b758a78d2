/** One line of the bench: what was measured, against which goal, and whether it is met. */
export interface Figure {
  readonly id: string;
  readonly what: string;
  /** The figure itself, with its unit. */
  readonly got: string;
  /** Median and range of what it was made from. */
  readonly from: string;
  readonly goal: string;
  /** Null where the goal is none (a figure for comparison) or could not be tried here; `from` says why. */
  readonly met: boolean | null;
  /** How much of what the goal allows was used: up to 1 it is met; null where `met` is. */
  readonly used: number | null;
}

/** Runs given times. */
export interface Sampled {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function sampled(values: readonly number[]): Sampled {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = sorted.length >> 1;
  return {
    median: sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2,
    min: at(0),
    max: at(sorted.length - 1),
  };
}

export const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ??
  Number.NaN;

const digits = (value: number): string =>
  value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2);

const withUnit = (value: number, unit: string): string => `${digits(value)} ${unit}`;

export const rangeText = ({ median, min, max }: Sampled, unit: string): string =>
  `${digits(median)} ${unit} (${digits(min)}–${digits(max)})`;

/** `a` as a multiple of `b`, judged against a largest multiple. */
export function ratioFigure(
  id: string,
  what: string,
  measured: { readonly name: string; readonly values: readonly number[] },
  against: { readonly name: string; readonly values: readonly number[] },
  most: number | null,
): Figure {
  const [a, b] = [sampled(measured.values), sampled(against.values)];
  const ratio = a.median / b.median;
  return {
    id,
    what,
    got: `${ratio.toFixed(2)} × ${against.name}`,
    from: `${measured.name} ${rangeText(a, 'ms')}, ${against.name} ${rangeText(b, 'ms')}`,
    goal: most === null ? 'for comparison' : `≤ ${most} ×`,
    ...judged(most === null ? Number.NaN : ratio / most),
  };
}

/** A value judged against a largest or smallest one. */
export function limitFigure(
  id: string,
  what: string,
  value: number,
  unit: string,
  limit: { readonly most: number } | { readonly least: number },
  from: string,
): Figure {
  const most = 'most' in limit;
  const bound = most ? limit.most : limit.least;
  return {
    id,
    what,
    got: withUnit(value, unit),
    from,
    goal: `${most ? '≤' : '≥'} ${bound} ${unit}`,
    ...judged(most ? value / bound : bound / value),
  };
}

const judged = (used: number): Pick<Figure, 'met' | 'used'> =>
  Number.isNaN(used) ? { met: null, used: null } : { met: used <= 1, used };

/** In words: whether a goal is met, and by how much. */
function verdictOf({ met, used }: Figure): string {
  if (met === null || used === null) return '';
  return met
    ? `  met: ${Math.round(used * 100)} % of what it allows`
    : `  NOT met: ${used.toFixed(2)} times what it allows`;
}

export function lineOf(figure: Figure): string {
  const { id, what, got, from, goal } = figure;
  return `${id.padEnd(4)} ${what.padEnd(46)} ${got.padStart(22)}   ${goal.padEnd(18)}${verdictOf(figure)}\n     ${from}`;
}

/** All goals in a few lines, the missed ones by name, the worst first. */
export function summaryOf(figures: readonly Figure[]): string {
  const tried = figures.filter(({ met }) => met !== null);
  const missed = tried
    .filter(({ met }) => met === false)
    .toSorted((a, b) => (b.used ?? 0) - (a.used ?? 0))
    .map((figure) => `  ${figure.id.padEnd(4)} ${figure.what}: ${figure.got}, goal ${figure.goal}`);
  return [
    `${tried.length - missed.length} of ${tried.length} goals met${missed.length === 0 ? '' : '; not met, the farthest first:'}`,
    ...missed,
  ].join('\n');
}
