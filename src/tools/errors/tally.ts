import { idOf } from './fingerprint.ts';
import type { ErrorClass, Spans, Tally } from './model.ts';

/** Different errors that are told apart; a log of nothing but different ones is one error of its own. */
const mostDifferent = 5_000;
const tooMany = 'errors that are all different: more than can be told apart';
/** What is kept of the newest line. */
const longestLine = 2_000;

export interface Counter {
  readonly add: (fingerprint: string, atMs: number, line: string) => void;
  readonly tallies: () => readonly Tally[];
}

/** Counts errors by fingerprint and span; what lies before the baseline is not counted. */
export function openCounter({ baselineMs, releasedMs, sinceMs }: Spans): Counter {
  const found = new Map<string, Tally>();
  return {
    tallies: () => [...found.values()],
    add: (given, atMs, line) => {
      if (atMs < baselineMs) return;
      const fingerprint = found.has(given) || found.size < mostDifferent ? given : tooMany;
      const old = found.get(fingerprint);
      const isNewest = old === undefined || atMs >= old.lastMs;
      found.set(fingerprint, {
        id: old?.id ?? idOf(fingerprint),
        fingerprint,
        firstMs: Math.min(atMs, old?.firstMs ?? atMs),
        lastMs: Math.max(atMs, old?.lastMs ?? atMs),
        before: (old?.before ?? 0) + (atMs < releasedMs ? 1 : 0),
        during: (old?.during ?? 0) + (atMs >= releasedMs && atMs < sinceMs ? 1 : 0),
        after: (old?.after ?? 0) + (atMs >= sinceMs ? 1 : 0),
        lastLine: isNewest ? line.slice(0, longestLine) : old.lastLine,
      });
    },
  };
}

export function classOf({ before, during, after }: Tally): ErrorClass {
  if (before > 0) return 'known';
  if (after === 0) return 'gone';
  return during > 0 ? 'residual' : 'novel';
}
