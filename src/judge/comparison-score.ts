import type { Verdict } from './comparison.ts';

/** One measurement's verdict, and what it counts. */
export interface Weighed {
  readonly verdict: Verdict;
  readonly group: string;
  /** What its group counts in the whole, more than 0; the largest of the group. */
  readonly weight: number;
  readonly critical: boolean;
}

export interface Score {
  readonly verdict: Verdict;
  /** 0 to 100: what is certain, and what it may come to once everything is conclusive. */
  readonly least: number;
  readonly most: number;
}

/** From here on it has recovered, and below this it is worse (E3). */
const passes = 95;
const marginal = 75;

/**
 * Several measurements as one verdict (E3): the share of each group that recovered, by weight; a critical one that is
 * worse makes it 0. What is inconclusive counts as bad for `least` and as good for `most`: RECOVERED needs the first,
 * and no critical one open; WORSE follows where even the second is too low.
 */
export function scoreOf(all: readonly Weighed[]): Score {
  if (all.some(({ critical, verdict }) => critical && verdict === 'WORSE'))
    return { verdict: 'WORSE', least: 0, most: 0 };
  const least = share(all, (verdict) => verdict === 'RECOVERED');
  const most = share(all, (verdict) => verdict !== 'WORSE');
  const open = all.some(({ critical, verdict }) => critical && verdict === 'INCONCLUSIVE');
  const verdict = least >= passes && !open ? 'RECOVERED' : most < marginal ? 'WORSE' : 'INCONCLUSIVE';
  return { verdict, least, most };
}

function share(all: readonly Weighed[], counts: (verdict: Verdict) => boolean): number {
  const groups = Map.groupBy(all, ({ group }) => group);
  let weights = 0;
  let sum = 0;
  for (const members of groups.values()) {
    const weight = Math.max(...members.map((one) => one.weight));
    weights += weight;
    sum += (weight * members.filter(({ verdict }) => counts(verdict)).length) / members.length;
  }
  return weights === 0 ? 0 : Math.round((1000 * sum) / weights) / 10;
}
