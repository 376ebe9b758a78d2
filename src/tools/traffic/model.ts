/** The weight of each server of a pool, by its name; 0 takes none of the traffic. */
export type Weights = Readonly<Record<string, number>>;

/** Two releases behind one address: the servers of each. */
export interface Pools {
  readonly prior: readonly string[];
  readonly current: readonly string[];
}

export interface ServerHealth {
  readonly name: string;
  /** Null where nobody checks it. */
  readonly healthy: boolean | null;
  readonly detail: string;
}

/** A proxy whose weights can be read and set, in what runs and in the file that it starts from. */
export interface Proxy {
  /** What really serves now. Throws `OperatorError` (30) where it does not answer. */
  running(): Promise<Weights>;
  /** What it will serve after its next start. */
  written(): Promise<Weights>;
  health(names: readonly string[]): Promise<readonly ServerHealth[]>;
  /** Puts the weights into the file, checked by the proxy itself, then into what runs. Names left out stay as they are. */
  set(weights: Weights): Promise<void>;
}

/** One spelling of weights, that `parseWeights` reads: `blue1=1 green1=9`. */
export const weightsText = (weights: Weights): string =>
  Object.entries(weights)
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, weight]) => `${name}=${weight}`)
    .join(' ');

/** Null where a word is not `name=number` or a name stands twice. */
export function parseWeights(text: string): Weights | null {
  const weights: Record<string, number> = {};
  for (const word of text.trim().split(/[\s,]+/)) {
    const [, name, weight] = /^([\w.:-]+)=(\d{1,3})$/.exec(word) ?? [];
    if (name === undefined || Object.hasOwn(weights, name) || Number(weight) > 256) return null;
    weights[name] = Number(weight);
  }
  return weights;
}

/** The percentage of the traffic that a pool gets by its weights; null where there is no weight at all. */
export function shareOf(weights: Weights, pool: readonly string[]): number | null {
  const total = Object.values(weights).reduce((sum, weight) => sum + weight, 0);
  const own = pool.reduce((sum, name) => sum + (weights[name] ?? 0), 0);
  return total === 0 ? null : Math.round((1000 * own) / total) / 10;
}

/**
 * Weights by which the prior pool gets `percent` (0 to 100, whole) of the traffic and the current one the rest, each
 * shared out evenly. The smallest whole numbers that do it, or null where they would pass 256, the most that HAProxy
 * takes.
 */
export function weightsFor({ prior, current }: Pools, percent: number): Weights | null {
  // a pool of two needs half the weight of a pool of one: the size of the other evens it out
  const first = percent * current.length;
  const second = (100 - percent) * prior.length;
  const part = divisor(first, second);
  const [one, other] = [first / part, second / part];
  if (Math.max(one, other) > 256) return null;
  return Object.fromEntries([
    ...prior.map((name) => [name, one] as const),
    ...current.map((name) => [name, other] as const),
  ]);
}

const divisor = (one: number, other: number): number =>
  other === 0 ? Math.max(1, one) : divisor(other, one % other);
