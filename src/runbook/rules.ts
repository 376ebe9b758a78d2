interface Rule {
  readonly severity: 'error' | 'warning';
  readonly title: string;
  /** What to do, where the problem itself knows nothing better. */
  readonly fix: string;
  readonly why: string;
}

const error = (title: string, fix: string, why: string): Rule => ({ severity: 'error', title, fix, why });
const warning = (title: string, fix: string, why: string): Rule => ({ severity: 'warning', title, fix, why });

/** Every rule that a runbook is held to. Codes are never given to another rule. */
export const rules = {
  // ---- the file ----
  WB001: error(
    'A file cannot be read',
    'Check the path and the permissions.',
    'Nothing can be said about a runbook that cannot be read.',
  ),
  WB002: error(
    'A file is too large',
    'Move steps into fragments and `use` them.',
    'A limit of 256 KB keeps every check well under a second and keeps a hostile file from hanging the tool.',
  ),
  WB003: error(
    'A file is not plain UTF-8',
    'Save the file as UTF-8 without a byte order mark.',
    'Bytes that editors hide can make a reviewer and the tool read different text.',
  ),
  WB004: error(
    'Nested too deep',
    'Flatten the structure; 32 levels are enough for any runbook.',
    'Deep nesting is how hostile files exhaust a parser.',
  ),
  WB005: error(
    'Too many values',
    'Move steps into fragments and `use` them.',
    'A limit of 5,000 values a file bounds the time that reading it takes.',
  ),
  WB006: error(
    'Anchor or alias',
    'Write the value out, or use a fragment.',
    'Aliases can multiply into billions of values, and a reviewer does not see what stands there.',
  ),
  WB007: error(
    'Tag',
    'Remove the tag; quote the value if it must be text.',
    'Tags change what a value means without changing how it looks.',
  ),
  WB008: error(
    'Merge key',
    'Write the keys out, or use a fragment.',
    'What a merge key brings in is not visible at the place where it acts.',
  ),
  WB009: error(
    'More than one document',
    'Keep one document in one file, without directives.',
    'A runbook is one file; a second document would be reviewed and never run.',
  ),
  WB010: error(
    'A key twice',
    'Remove one of the two.',
    'Most readers keep the last one silently; the other one was reviewed for nothing.',
  ),
  WB011: error('Not valid YAML', 'Mend the syntax at that place.', 'The text cannot be read as YAML 1.2.'),
  WB012: error(
    'Not a runbook',
    'Start with `walkback: 1`, or with `walkback_fragment: 1` for a fragment.',
    'The file has no mapping at its top.',
  ),
  WB013: error(
    'A key is not plain text',
    'Use a plain word as the key.',
    'Keys are names; a list or a mapping cannot be one.',
  ),
  // ---- the shape ----
  WB101: error(
    'Unknown key',
    'Remove it, or correct its name.',
    'A misspelt key would be ignored silently: the guard that it meant would not exist.',
  ),
  WB102: error(
    'Wrong kind of value',
    'Write the kind of value that the message names.',
    'The value cannot be used as it is written.',
  ),
  WB103: error('Something is missing', 'Add it.', 'The format requires it at this place.'),
  WB104: error(
    'A step has exactly one kind',
    'Keep exactly one of the kinds, and split the rest into further steps.',
    'A step has one outcome and one place in the record; two actions in one step would leave the second in doubt when the first fails.',
  ),
  WB105: error(
    'Not a duration',
    'Write `250ms`, `10s`, `5m`, `1h30m` or `2d`.',
    'A bare number would leave the unit to guessing, and a wrong unit is a wrong timeout.',
  ),
  WB106: error(
    'Not a name',
    'Use small letters, digits and `_`, starting with a letter.',
    'Names appear in expressions, in the record and in file names.',
  ),
  WB107: error(
    'Not one of the words known here',
    'Use one of the words that the message lists.',
    'The format knows a fixed set of words at this place.',
  ),
  WB108: error(
    'Exactly one of several',
    'Keep exactly one of them.',
    'With none there is nothing to do, with two it is open which one counts.',
  ),
  WB109: error(
    'Not available in this version',
    'Remove it for now, or do it by a `run` or a `manual` step.',
    'The format reserves the word, and this version does not act on it. Accepting it silently would promise something that does not happen.',
  ),
  WB110: error(
    'Another version of the format',
    'This program reads version 1.',
    'A later format may mean something else by the same words.',
  ),
  WB111: warning(
    'Checked for form only',
    'Do not rely on it yet: the session stops there and asks a person.',
    'The step is part of the format, and this version does not carry it out by itself.',
  ),
  // ---- other files ----
  WB201: error(
    'A used file cannot be read',
    'Check the path; it is relative to the runbook’s folder.',
    'The runbook would lack the steps of that file.',
  ),
  WB202: error(
    'A path leaves the runbook’s folder',
    'Keep fragments and scripts beside the runbook, without `..` and not absolute.',
    'What a runbook runs must be inside what was reviewed and trusted.',
  ),
  WB203: error('Files use each other in a circle', 'Break the circle.', 'The steps would never end.'),
  WB204: error(
    '`with` does not fit the inputs',
    'Give each input of the fragment that has no value of its own, and no other.',
    'An input that is not given is unset, and nothing unset ever becomes an empty text.',
  ),
  WB205: error(
    '`override` names nothing',
    'Write `step.field` with a step of that file.',
    'An override that matches nothing leaves the old value in force.',
  ),
  WB206: error(
    '`skip` names no step',
    'Name a step of that file.',
    'A skip that matches nothing leaves the step in.',
  ),
  WB207: error(
    'The runbook grows too large',
    'Use fewer or smaller fragments.',
    'A few small files can multiply into millions of steps; the limits are 64 files, 8 levels and 2,000 steps.',
  ),
  WB208: error(
    'Neither a fragment nor a runbook',
    'Start the file with `walkback_fragment: 1`.',
    'Only a runbook or a fragment has steps to use.',
  ),
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
  // ---- safety ----
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
  WB314: error(
    'Unknown objective',
    'Name one of `slo`.',
    'A trigger that protects an objective which does not exist protects nothing.',
  ),
  // ---- data ----
  WB861: error(
    'Reused flag',
    'Give the new switch a name of its own; or settle what is owed: walkback obligations.',
    'A flag that was removed and used again once switched on code that nobody knew was still there, and cost a company its existence.',
  ),
  WB851: error(
    '`window` without a date',
    'Write the table as `{ table: orders, newest: placed_at }`, or remove `window`.',
    'How far back the newest row has fallen can only be told from a column that says how new a row is.',
  ),
  WB852: error(
    'A table without a connection',
    'Write `{ table: orders, sql: NAME }` with a connection of the runbook.',
    'Rows are counted by a query, and a query needs a database.',
  ),
  WB853: warning(
    'Nothing is measured on the way',
    'Say `stateful: true` on the steps that change data.',
    'The data would be measured before the first change and at the end only: by then a loss is hours old, and nobody knows which step it was.',
  ),
  // ---- triggers ----
  WB601: error(
    'Breach and clear do not fit together',
    'Let `clear` point the other way, on the good side of the limit.',
    'With limits that cross, the trigger would fire and clear at the same time.',
  ),
  WB602: warning(
    'A limit outside the unit',
    'Check the unit of the probe: a ratio lies between 0 and 1.',
    'A ratio never exceeds 1, so the trigger would never fire.',
  ),
  WB603: error(
    'A trigger that cannot see enough',
    'Make `for` at least twice `interval`.',
    'One sample is not a trend; with fewer than two samples a gap looks like health.',
  ),
  WB604: error(
    'Not a limit',
    'Write `"> 0.02"`: an operator and a number, in quotes.',
    'The limit cannot be read.',
  ),
  WB605: error(
    'A query that cannot be read',
    'Mend the query; try it in Prometheus first.',
    'Prometheus would refuse it, and the trigger would be unknown for as long as the session lasts.',
  ),
  WB606: error(
    'A selector without a Prometheus',
    'Name a probe in `up`, or watch a probe that asks a Prometheus.',
    'A selector can only be asked of the Prometheus that the trigger itself asks.',
  ),
  WB607: error(
    'An objective without a history',
    'Give the objective `prometheus`, `total` and `bad` (or `good`), or `errors` with a probe on Prometheus.',
    'A burn rate is counted over windows of the past; a probe that only knows now cannot say it.',
  ),
  WB608: error(
    'A trigger that fires too late for its objective',
    'Lower the limit, shorten `for`, or allow it more by `budget_share`.',
    'The error budget that it burns before it fires is gone before anyone is asked.',
  ),
  WB610: warning(
    'A rate taken over as long as `for`',
    'Take the rate over less than `for`, or make `for` longer.',
    'A spike stays in the rate for the whole of its range: it counts as lasting, and `for` does not keep it out.',
  ),
  WB609: warning(
    'Numbers that are not agreed',
    'Let product and operations sign the numbers as they stand, with a date until when.',
    'A rollback that nobody agreed to beforehand is argued about while customers wait.',
  ),
  // ---- messages, incident, command ----
  WB801: error(
    'Not a moment for a message',
    'Use started, decided, executing, phase:ID, every:15m, restored, ended or escalated.',
    'The message would never be due, and people would wait for news that does not come.',
  ),
  WB802: error(
    'A message for a phase that is not there',
    'Name a phase of this runbook.',
    'The phase would never begin, and the message would never be sent.',
  ),
  WB803: error(
    'A sink that cannot acknowledge',
    'Remove `ack`, or send it over a channel with `http` or `run`.',
    'A file never answers: every such message would end as one that nobody has confirmed.',
  ),
  // ---- the calendar ----
  WB701: error(
    'A time zone that does not exist',
    'Write a name of the IANA time zone database, such as Europe/Berlin.',
    'With a zone that nobody knows, the hours at which an action is forbidden would be any hours.',
  ),
  WB702: error(
    'A recurrence that is empty',
    'Write a `cron`, an `rrule` with its `start`, or a calendar file that has events, and a length above zero.',
    'A rule that never comes forbids nothing, and everybody would believe that it does.',
  ),
  WB704: error(
    'Authority over a phase that is not there',
    'Name a phase of this runbook.',
    'The rule would never match, and the phase it was meant for would be open to others, or to nobody.',
  ),
  WB705: error(
    'An override that nobody can approve afterwards',
    'Give a role `signers`, so that somebody else can sign the approval.',
    'The approval would stay owed for ever, and overrides would be looked at by nobody.',
  ),
  WB703: warning(
    'A calendar that is over',
    'Put next year’s events into it, or remove it.',
    'No event of it lies ahead: from now on it forbids nothing.',
  ),
  // ---- what goes back together ----
  WB901: error(
    'Unknown component',
    'Name a component of `scope.components`.',
    'A rule about a component that does not exist never pulls anything in: the part that was meant would stay behind.',
  ),
  WB902: error(
    'A component and itself',
    'Name two different components.',
    'A component always goes with itself; the other one that was meant is not in the rule.',
  ),
  WB903: error(
    'The same rule twice',
    'Remove one of the two.',
    'Of two rules about the same thing one is changed later and the other one is forgotten.',
  ),
  WB904: error(
    'Not a component at a version',
    'Write `cart@1.8`: a component, `@`, the version that was tried, without blanks.',
    'Evidence counts for exact versions; without them it would count for whatever runs.',
  ),
  WB905: error(
    'A version that is a decimal number',
    'Write it in quotes: "1.10".',
    'YAML reads 1.10 as the number 1.1: another version would be compared and rolled back to.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleCode = keyof typeof rules;
