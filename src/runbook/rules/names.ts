import { error, warning, type Rule } from './rule.ts';

/** Names and expressions. */
export const namesRules = {
  // ---- names ----
  WB301: error(
    'The same id twice',
    'Give one of them another id.',
    'An id stands for one thing in expressions, in the record and on the way back.',
  ),
  WB302: error(
    'A way leads nowhere',
    'Name a step, a phase or a `use` of this runbook.',
    'A failure that leads nowhere leaves the operator without a way on.',
  ),
  WB303: error(
    'Unknown probe',
    'Name a probe of `probes`, or write the measurement in place.',
    'There is nothing to measure.',
  ),
  WB304: error(
    'Unknown obligation',
    'Name a debt that some step `opens`, or the `use` that opens it.',
    'A debt that nobody opens cannot be given back, and the one that was meant stays open.',
  ),
  WB305: error(
    'Unknown role',
    'Name a role of `roles`.',
    'A gate for a role that nobody has can never be passed.',
  ),
  WB306: error('Unknown channel', 'Name a channel of `channels`.', 'The message would go nowhere.'),
  WB307: error('Unknown connection', 'Name a connection of `connections`.', 'The query would go nowhere.'),
  WB308: error(
    'Unknown trigger',
    'Name a trigger of `triggers`.',
    'The rule that proposes a rollback would rest on nothing.',
  ),
  WB309: error(
    'A way leads into the inside of something',
    'Lead to the step around it, or to another step.',
    'The inside of a `parallel`, an `each` or a used file is entered at its start only: its counters and guards would be skipped.',
  ),
  WB310: error(
    'Unknown fact in `show`',
    'Name a probe or a trigger, or `window` or `burn`.',
    'The decision would be made without the number that was meant to stand beside it.',
  ),
  WB311: error(
    'A reserved name',
    'Choose another name.',
    'The name already stands for something in expressions.',
  ),
  WB312: error('Unknown step', 'Name a step of this runbook.', 'It would never begin.'),
  WB313: error(
    'A value is missing in an environment',
    'Give it in every environment that may be used.',
    'It is unset there, and the step that needs it would stop in the middle.',
  ),
  WB314: error(
    'Unknown objective',
    'Name one of `slo`.',
    'A trigger that protects an objective which does not exist protects nothing.',
  ),
  WB315: error(
    'Unknown environment',
    'Name one of `environments`.',
    'A review that is required where nothing runs is required nowhere.',
  ),
  WB316: error(
    'A change of a version that is not there',
    'Raise `version` of the runbook to the highest of its `changes`.',
    'An action item is closed by the version that resolves it: which one that is has to be certain.',
  ),
  // ---- expressions ----
  WB401: error(
    'Not an expression',
    'Mend the expression at that place.',
    'Expressions are CEL; this text is not.',
  ),
  WB402: error(
    'Unknown name in an expression',
    'Use a name that exists here.',
    'At run time it would be unset, and the step would stop.',
  ),
  WB403: error(
    'The types do not fit',
    'Compare like with like: `version("1.2.3")`, `duration("10m")`, numbers, text.',
    'An expression that cannot be evaluated would be unknown at the moment it is needed.',
  ),
  WB404: error(
    'A function that is not offered',
    'Use one of the functions of the format; for patterns, `re(text, pattern)`.',
    'Only functions whose cost is bounded are offered: `matches()` can take exponential time.',
  ),
  WB405: error(
    'An expression that is too large',
    'Split it, or compute it in a command.',
    'Its cost could not be bounded.',
  ),
  WB406: error(
    'Not a pattern',
    'Use RE2 syntax: no look-around and no back references.',
    'Patterns run on RE2, whose time is linear; other dialects can hang.',
  ),
  WB407: error(
    'A place that is not closed',
    'Close it with `}}`.',
    'The text after `${{` is an expression up to `}}`.',
  ),
  WB408: error(
    'The wrong kind of answer',
    'Write an expression with that kind of answer.',
    'The result decides something: it must be of the kind that can.',
  ),
  WB409: error(
    'A value that must be known before the run',
    'Write the value itself.',
    'It decides how the runbook is built, before any input is known.',
  ),
  WB410: warning(
    'A text is compared with a version',
    'Make both a version: `version(probes.running) == inputs.target`.',
    'What a probe reads is a text, and a text never equals a version: `==` is always false there, `!=` always true.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;
