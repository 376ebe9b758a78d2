import { error, warning, type Rule } from './rule.ts';

/** The data, and what goes back together. */
export const dataRules = {
  // ---- data ----
  WB861: error(
    'Reused flag',
    'Give the new switch a name of its own; or settle what is owed: walkback obligations.',
    'A flag that was removed and used again once switched on code that nobody knew was still there, and cost a company its existence.',
  ),
  WB862: warning(
    'A way back that was measured to be slow, beside one that is fast',
    'Offer the switch as the first option of the decision, or `use` steps/shift_haproxy.yaml in this runbook.',
    'Where a standby takes the traffic back in a fifth of the time, every minute more is lost to customers for nothing.',
  ),
  WB863: error(
    'A standby that may be gone before the window is over',
    'Let `keep_for` (of `standby:`, of steps/standby.yaml; `later.within` of a step) be at least as long as the whole window.',
    'For as long as the window is open somebody may decide to switch back, and then the standby has to be there.',
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
  // ---- what is stored, and who can read it ----
  WB871: error(
    'A guard that guards nothing',
    'Name the step that starts the old release.',
    'The old release would be started on data that it cannot read, although the runbook says that it must not be.',
  ),
  WB872: warning(
    'Written before it was read',
    'Read a format one release before it is written.',
    'The release before cannot read what this one writes: the way back then needs the data to be drained, converted or restored first.',
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
