import type { Context } from '../context.ts';
import type { TimedFact } from '../facts.ts';

type AuthorityFact = Extract<
  TimedFact,
  {
    readonly type:
      | 'authority.checked'
      | 'authority.denied'
      | 'authority.requested'
      | 'authority.proved'
      | 'override.used'
      | 'override.approved';
  }
>;

/** By what right phases are started: who was let in, denied, asked to prove it, or went past it. */
export function foldAuthority(context: Context, fact: AuthorityFact): Context {
  switch (fact.type) {
    case 'authority.checked':
      return { ...context, starts: [...context.starts, { by: fact.by, phase: fact.phase }], denial: null };
    case 'authority.denied': {
      const { type: _type, ...denial } = fact;
      return { ...context, denial };
    }
    case 'authority.requested': {
      const { type: _type, at: _at, ...request } = fact;
      return { ...context, authorityRequest: request };
    }
    case 'authority.proved': {
      const { phase, role, by, level } = fact;
      // a request is signed once
      return {
        ...context,
        proofs: [...context.proofs, { phase, role, by, level }],
        authorityRequest: null,
        denial: null,
      };
    }
    case 'override.used': {
      const { type: _type, ...used } = fact;
      return { ...context, overrides: [...context.overrides, { ...used, approvedBy: null }], denial: null };
    }
    case 'override.approved':
      return {
        ...context,
        overrides: context.overrides.map((used) =>
          used.key === fact.key ? { ...used, approvedBy: fact.by } : used,
        ),
      };
  }
}
