import type { DecideRule, Trigger } from '../runbook/model/criteria.ts';
import type { Result } from './kleene.ts';
import { anyOf, combine } from './kleene.ts';
import type { TriggerState } from './trigger.ts';

/** What the numbers that were agreed beforehand say, all of them together. */
export type Advice = 'rollback' | 'investigate' | 'healthy' | 'unknown';

/** How one trigger stands. */
export interface TriggerStanding {
  readonly id: string;
  readonly advise: Trigger['advise'];
  /** Null where it has not been read yet. */
  readonly state: TriggerState | null;
  /** UNKNOWN for at least its `for`: nobody can tell by it any more. */
  readonly blind: boolean;
}

export interface AdviceJudgement {
  readonly advice: Advice;
  /** One sentence with the triggers that it rests on. */
  readonly because: string;
}

/**
 * The advice of a runbook's rule over its triggers, in Kleene logic: a trigger that fired counts for it, one that is
 * quiet against it, one that is pending, unknown or not read is unknown. A rule that holds says rollback, whatever else
 * is not known; a trigger that fired without making the rule hold, one that has been blind for as long as its `for`,
 * or a broken success criterion says investigate; the release is healthy only where every trigger is quiet and, where
 * the runbook has success criteria, they have held to the end of the window. Everything else is unknown.
 *
 * Without a rule any trigger that advises rollback makes it. `success` is null where the runbook has no such criteria.
 */
export function adviceOf(
  rule: DecideRule | null,
  triggers: readonly TriggerStanding[],
  success: Result | null = null,
): AdviceJudgement {
  const ids = rule?.triggers ?? triggers.filter(({ advise }) => advise === 'rollback').map(({ id }) => id);
  const results = ids.map((id) => resultOf(triggers.find((one) => one.id === id)));
  const decided = rule === null ? anyOf(results) : combine(rule.kind, rule.k, results);
  const named = (which: (one: TriggerStanding) => boolean): string =>
    triggers
      .filter(which)
      .map(({ id }) => id)
      .join(', ');
  const fired = named(({ state }) => state === 'FIRED');
  if (ids.length > 0 && decided === 'pass') {
    const counted = named(({ id, state }) => state === 'FIRED' && ids.includes(id));
    return { advice: 'rollback', because: `${counted} fired; the rule is ${ruleText(rule, ids)}` };
  }
  if (fired !== '') {
    return { advice: 'investigate', because: `${fired} fired, which alone does not make a rollback` };
  }
  const blind = named((one) => one.blind);
  if (blind !== '')
    return { advice: 'investigate', because: `blind: ${blind} has had no data for as long as its \`for\`` };
  if (success === 'fail')
    return { advice: 'investigate', because: 'no trigger fired, but a success criterion does not hold' };
  if (triggers.length === 0) return { advice: 'unknown', because: 'the runbook has no trigger' };
  const unread = [
    ...triggers.filter(({ state }) => state === null || state === 'UNKNOWN').map(({ id }) => id),
    ...ids.filter((id) => !triggers.some((one) => one.id === id)),
  ].join(', ');
  if (unread !== '') return { advice: 'unknown', because: `nothing can be said of ${unread}` };
  const pending = named(({ state }) => state === 'PENDING');
  if (pending !== '')
    return { advice: 'unknown', because: `${pending} is over its limit, not yet for as long as it must be` };
  if (success === 'unknown')
    return {
      advice: 'unknown',
      because: 'no trigger fired; the success criteria are not known to hold to the end',
    };
  return {
    advice: 'healthy',
    because: `every trigger is quiet${success === 'pass' ? ', and the success criteria held to the end' : ''}`,
  };
}

/** What a trigger says for the rule: fired is a pass, quiet a fail, and what may still fire is unknown. */
function resultOf(trigger: TriggerStanding | undefined): Result {
  switch (trigger?.state ?? null) {
    case 'FIRED':
      return 'pass';
    case 'OK':
    case 'CLEARED':
      return 'fail';
    case 'PENDING':
    case 'UNKNOWN':
    case null:
      return 'unknown';
  }
}

function ruleText(rule: DecideRule | null, ids: readonly string[]): string {
  if (rule?.kind === 'k_of_n') return `${rule.k} of ${ids.join(', ')}`;
  return rule?.kind === 'all' ? `all of ${ids.join(', ')}` : `any of ${ids.join(', ')}`;
}
