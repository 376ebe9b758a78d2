import { error, warning, type Rule } from './rule.ts';

/** Triggers and calendars. */
export const criteriaRules = {
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
  WB611: warning(
    'An observation that nothing asks for',
    'Remove `min_observation`, or say with `triggers` what is to be watched.',
    'It holds up a change that the numbers only advise to investigate, and without triggers they advise nothing.',
  ),
  WB609: warning(
    'Numbers that are not agreed',
    'Let product and operations sign the numbers as they stand, with a date until when.',
    'A rollback that nobody agreed to beforehand is argued about while customers wait.',
  ),
  // ---- the calendar ----
  WB631: error(
    'A time zone that does not exist',
    'Write a name of the IANA time zone database, such as Europe/Berlin.',
    'With a zone that nobody knows, the hours at which an action is forbidden would be any hours.',
  ),
  WB632: error(
    'A recurrence that is empty',
    'Write a `cron`, an `rrule` with its `start`, or a calendar file that has events, and a length above zero.',
    'A rule that never comes forbids nothing, and everybody would believe that it does.',
  ),
  WB634: error(
    'Authority over a phase that is not there',
    'Name a phase of this runbook.',
    'The rule would never match, and the phase it was meant for would be open to others, or to nobody.',
  ),
  WB635: error(
    'An override that nobody can approve afterwards',
    'Give a role `signers`, so that somebody else can sign the approval.',
    'The approval would stay owed for ever, and overrides would be looked at by nobody.',
  ),
  WB633: warning(
    'A calendar that is over',
    'Put next year’s events into it, or remove it.',
    'No event of it lies ahead: from now on it forbids nothing.',
  ),
} as const satisfies Readonly<Record<string, Rule>>;
