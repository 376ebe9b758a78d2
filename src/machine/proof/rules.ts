interface ProofRule {
  readonly severity: 'error' | 'warning';
  readonly title: string;
  readonly fix: string;
  readonly why: string;
}

const rule = (severity: ProofRule['severity'], title: string, fix: string, why: string): ProofRule => ({
  severity,
  title,
  fix,
  why,
});

/** The rules that are proved on the graph; the same shape as the rules of the parser, for `lint --explain`. */
export const proofRules = {
  WB701: rule(
    'error',
    'A step that no path leads to',
    'Let a step, an option or a route lead to it, or take it out.',
    'It was written for some night, and on that night nobody could come to it.',
  ),
  WB702: rule(
    'error',
    'A path that ends in no outcome',
    'Finish it with an `end` step, or with a route that goes on.',
    'The session would end without anybody knowing whether the release is out.',
  ),
  WB703: rule(
    'error',
    'A circle without a way out',
    'Give one of its steps an option or a route that leads to an end.',
    'The operator could only go round, or give up. Giving up does not count as a way out.',
  ),
  WB704: rule(
    'error',
    'A route that cannot be taken',
    'Lead it to a step, a phase or a `use` that can be entered from there.',
    'A failure that leads nowhere leaves the operator without a way on.',
  ),
  WB705: rule(
    'error',
    'An obligation that a path leaves open',
    'Release it on that path, before its end; failure routes count too.',
    'What was bent for the rollback is forgotten exactly on the paths that nobody thought through.',
  ),
  WB706: rule(
    'error',
    'An obligation that cannot be open there',
    'Move the release or the guard behind the step that opens it.',
    'It was meant for another debt or another place; the one that was meant stays open.',
  ),
  WB707: rule(
    'error',
    'A change before any decision',
    'Put a `decide`, `approve` or `confirm` step on every path to it.',
    'The cheaper ways are asked for first; after the change they may be gone. A warning where the runbook has no gate.',
  ),
  WB708: rule(
    'error',
    'A path round a gate',
    'Lead the path through the gate, or to the first step of the phase that it guards.',
    'A gate that can be walked round guards nothing.',
  ),
  WB709: rule(
    'error',
    'A point of no return without a guard',
    'Add a `before` guard that is read right before it.',
    'Between the decision and the key minutes pass. A warning where at least a `verify` looks at it afterwards.',
  ),
  WB710: rule(
    'error',
    'A point of no return that is come to twice',
    'Put a `decide`, `approve` or `confirm` step on the way back to it.',
    'What cannot be undone is not done again because a route happens to lead there.',
  ),
  WB711: rule(
    'error',
    'An undo with a value that was never captured',
    'Add it to the `capture` of the same step.',
    'The way back would stop in the middle, for the want of the old value.',
  ),
  WB712: rule(
    'warning',
    'A circle that nobody is asked about',
    'Poll with `every` and `within`, or put a `wait` or a `decide` into the circle.',
    'While the trouble lasts the session would go round it as fast as it can.',
  ),
} as const satisfies Readonly<Record<string, ProofRule>>;
