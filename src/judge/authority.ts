import type { Result } from './kleene.ts';

/** One rule as it stands at a moment for one person. */
export interface RuleStanding<Right> {
  /** Whether it matches; unknown where what it reads is not known. */
  readonly holds: Result;
  readonly detail: string;
  /** What the person has of the roles that it names; null where they have none. */
  readonly allows: Right | null;
  readonly roles: readonly string[];
}

export type AuthorityVerdict<Right> = {
  /** The rule that decided, counted from 1; null where none matched or there is none. */
  readonly rule: number | null;
  readonly because: string;
  /** Roles that may. */
  readonly roles: readonly string[];
} & ({ readonly allowed: true; readonly right: Right | null } | { readonly allowed: false });

/**
 * R3.1: the first rule that matches decides, none that matches denies, no rules at all allow. Where it is not known
 * whether a rule matches, the person has to be allowed both ways: unknown is never good.
 */
export function judgeAuthority<Right>(rules: readonly RuleStanding<Right>[]): AuthorityVerdict<Right> {
  if (rules.length === 0) {
    return {
      allowed: true,
      right: null,
      rule: null,
      because: 'the runbook has no rules of authority',
      roles: [],
    };
  }
  let doubt: RuleStanding<Right> | null = null;
  for (const [index, rule] of rules.entries()) {
    if (rule.holds === 'fail') continue;
    const says = `rule ${index + 1}: ${rule.detail}`;
    if (rule.allows === null) {
      const unsure = rule.holds === 'unknown' ? `, which is not known to hold` : '';
      return { allowed: false, rule: index + 1, because: `${says}${unsure}`, roles: rule.roles };
    }
    if (rule.holds === 'pass') {
      return { allowed: true, right: rule.allows, rule: index + 1, because: says, roles: rule.roles };
    }
    doubt ??= rule;
  }
  return doubt === null
    ? { allowed: false, rule: null, because: 'no rule of authority matches', roles: [] }
    : {
        allowed: false,
        rule: null,
        because: `it is not known whether a rule matches (${doubt.detail})`,
        roles: doubt.roles,
      };
}
