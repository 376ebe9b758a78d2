import { error, warning, type Rule } from './rule.ts';

/** What keeps the people and the system safe. */
export const safetyRules = {
  WB501: error(
    'A change without a way back',
    'Add `undo`, `opens` or `ponr`, or say `read_only: true`.',
    'When the next step fails, the operator must know how this one is taken back, or that it cannot be.',
  ),
  WB502: error(
    'A debt without a proof',
    'Add `proof` with a probe that shows that it was given back.',
    'A debt closes by its proof, never by the exit code of the command that should have paid it.',
  ),
  WB503: error(
    'A point of no return without a confirmation',
    'Add `confirm: name`.',
    'Crossing it takes the typed name of the target: one key is not enough for what cannot be undone.',
  ),
  WB504: error(
    'A secret where it can be seen',
    'Pass it in `env` and read it there; an HTTP header is allowed too.',
    'Arguments stand in the process list, addresses in logs and texts on screens.',
  ),
  WB505: error(
    'A value spliced into a shell line',
    'Put the value in `env` and write `"$NAME"`.',
    'A value with a quote or `$(…)` in it would become code.',
  ),
  WB506: error(
    'A decision that cannot be made',
    'Give at least one option that can be taken.',
    'The session would wait there for ever.',
  ),
  WB507: error(
    'A recommendation that is no option',
    'Recommend the id of an option.',
    'The recommendation would never be shown.',
  ),
  WB508: error(
    'Repeats what must not be repeated',
    'Remove `retry`, or say `idempotent: true` if it is safe to do twice.',
    'A second run of a step that is not idempotent can do the damage twice.',
  ),
  WB509: error(
    'A production environment without a guard',
    'Add `guard: { probe: …, expect: … }` that only production answers.',
    'A guard is re-read right before each change; without it a wrong context is found out afterwards.',
  ),
  WB510: error(
    'Says both that it changes nothing and how to undo it',
    'Remove `read_only`, or the `undo`, `opens` or `ponr`.',
    'One of the two is wrong, and the wrong one decides whether the step starts by itself.',
  ),
  WB511: error(
    'Drills are not allowed there',
    'Remove `drill` from this environment.',
    'Faults are never armed in production.',
  ),
  WB512: error(
    'A check that can never pass',
    'Make `within` longer than `stable` times `every`.',
    'There is not enough time for that many readings in a row.',
  ),
  WB513: error(
    'No way to tell what good looks like',
    'Add `expect`.',
    'A reading without a tolerance is an opinion.',
  ),
  WB514: error(
    'Done by hand without saying what changes',
    'Add `read_only: true`, or `changes: "…"` with `undo`, `opens` or `ponr`.',
    'The record should say what a person changed, and the way back depends on it.',
  ),
  WB515: error(
    'An approval that nobody can give',
    'Give the role enough users, ask for fewer signatures, or name another role in `not`.',
    'The session would wait there until it expires, on the night when nobody has the time for it.',
  ),
  WB516: warning(
    'A crash here leaves no answer',
    'Add `probe_after_crash` with a probe that shows whether it happened, or say `idempotent: true`.',
    'After a crash the tool never repeats a step that is not idempotent; without a probe the operator has to find out by hand.',
  ),
  WB517: error(
    'A route for something that cannot happen',
    'Remove that route.',
    'Only an approval can be denied; the branch would never be taken and never be practised.',
  ),
  WB520: warning(
    'A secret that is written out',
    'Give the secret another value, and read it from a variable or a file: `inputs: { token: { type: secret, env: TOKEN } }`, then `${{ inputs.token }}` in `env` or a header. A database takes its password from PGPASSWORD or ~/.pgpass.',
    'A runbook lies in git, and a copy of it with every session that ran it: what stands in it is masked nowhere, can be read by everybody who reads the runbook, and stays in its history.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;
