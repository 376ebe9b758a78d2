import { error, type Rule } from './rule.ts';

/** Series held against each other. */
export const comparisonRules = {
  // ---- comparisons ----
  WB621: error(
    'A probe without a history',
    'Compare a `prometheus` probe.',
    'A distribution is compared with a distribution: a single value now says nothing about before.',
  ),
  WB622: error(
    'Compared with nothing',
    'Give `compare` a `baseline`, or every metric an `against`; not both.',
    'A series alone is neither better nor worse than anything.',
  ),
  WB623: error(
    'A comparison without a tolerance',
    'Add `tolerance: 25%`, or a `floor` in the unit of the probe.',
    'Where nothing may be off, noise alone decides; how much is still as good as before is for people to say.',
  ),
  WB624: error(
    'Gaps that may be a dead target',
    'Add `up`, a probe that answers 1 while what is measured is there.',
    'A counter that nobody answers for has no errors either: silence would be read as health.',
  ),
  WB625: error(
    'Not a span for a baseline',
    'Write it like `release-60m..release`.',
    'The baseline would be empty, or lie somewhere that nobody meant.',
  ),
  WB626: error(
    'A baseline before an unknown release',
    'Add `window`, with `at` or `events` that say when the release was finished.',
    'The span before the release is known only where the release is.',
  ),
  WB627: error(
    'Points that cannot decide',
    'Make the span longer, or `every` shorter.',
    'With fewer points the answer is INCONCLUSIVE whatever they say; far too many are refused by the system that is asked.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;
