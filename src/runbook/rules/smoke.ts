import { error, type Rule } from './rule.ts';

/** Short proofs of the core journeys. */
export const smokeRules = {
  WB641: error(
    'A smoke test that does not begin with the version',
    'Make the first test `{ id: version, … expect: { equals: "${{ inputs.target }}" } }`, everywhere and critical.',
    'Every other test may pass on the release that is to go: it proves something of the target only once the target answers.',
  ),
  WB642: error(
    'A way that has no address',
    'Add it to `via`, or take it out of `through`.',
    'The test would go nowhere, and nobody would miss it.',
  ),
  WB643: error(
    'Two smoke tests of one name',
    'Give each test its own `id`.',
    'In the table nobody could tell which of them failed.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;
