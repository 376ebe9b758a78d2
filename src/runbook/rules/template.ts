import { error, type Rule } from './rule.ts';

/** What a template asks for. */
export const templateRules = {
  WB721: error(
    'The template asks for an owner',
    'Add `owner: TEAM`: who is asked about this runbook.',
    'A runbook that is nobody’s is out of date when it is needed.',
  ),
  WB722: error(
    'The template asks for environments',
    'Add `environments:` with each place where it may run, its values, and a `guard` for production.',
    'Without them nothing tells production from any other place.',
  ),
  WB723: error(
    'The template asks for roles',
    'Add `roles:` with who may do what: `operator: { anyone: true }` is the least.',
    'Approvals, calls for help and overrides name roles; without them there is nobody to ask.',
  ),
  WB724: error(
    'The template asks for probes',
    'Add `probes:` with what is measured before, on the way and at the end.',
    'A rollback that measures nothing is believed, not known.',
  ),
  WB725: error(
    'The template asks for triggers',
    'Add `triggers:` with the numbers that say that the release has to go back.',
    'Numbers that are agreed beforehand take the argument out of the night.',
  ),
  WB726: error(
    'The template asks for a rule over the triggers',
    'Add `decide: { any: [TRIGGER] }`, or `all`, or `k_of_n`.',
    'Without a rule each operator reads the same numbers in another way.',
  ),
  WB727: error(
    'The template asks for a decision at the start',
    'Begin the first phase with a `decide` step that also offers not to go back.',
    'What is cheaper than a rollback has to be looked at before the first change, not after it.',
  ),
  WB728: error(
    'The template asks for a check on the way',
    'Add a `check` or a `compare` behind the change.',
    'A command that ended well is no proof that the system is well.',
  ),
  WB729: error(
    'The template asks for an end of the way',
    'End the last phase of the way with `end: rolled_back`, or another outcome, behind what is given back.',
    'Without an end nobody can say how it went, and nothing asks for what is still owed.',
  ),
  WB731: error(
    'The organisation asks for it',
    'Add that block at the top level.',
    'An overlay says what every runbook here has to have, beside what its template asks for.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;
