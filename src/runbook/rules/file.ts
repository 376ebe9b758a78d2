import { error, warning, type Rule } from './rule.ts';

/** The file itself, its shape, and the files that it uses. */
export const fileRules = {
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
  WB112: error(
    'A field of a command on what is done by hand',
    'Remove it, and write the text or the address under `run`.',
    '`where: browser` and `where: chat` show a text to a person, who copies it and says how it went. No process is started.',
  ),
  // ---- other files ----
  WB201: error(
    'A used file cannot be read',
    'Check the path; it is relative to the runbook’s folder.',
    'The runbook would lack the steps of that file.',
  ),
  WB202: error(
    'A path leaves the runbook’s folder',
    'Keep fragments, scripts and lists of signers beside the runbook, without `..` and not absolute.',
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
  WB220: warning(
    'A script elsewhere that cannot be compared',
    'Keep the same file beside the runbook, under the same name: it is compared there right before it runs.',
    'What lies on another host or in a pod can be changed after the review, and nobody would see it.',
  ),
  WB221: warning(
    'A list of signers that is not there',
    'Put it there before the runbook is reviewed: one line a key, the name that the role lists and the public key.',
    'Whom a list names is part of what is reviewed and trusted. With none nobody can sign, and one that appears later is another runbook.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;
