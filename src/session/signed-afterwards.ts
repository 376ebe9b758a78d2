import type { Fact } from '../machine/facts.ts';
import type { Runbook } from '../runbook/model.ts';
import type { Signatures, Uncounted } from './ports.ts';
import { holds } from './start-gate.ts';

/** What somebody else signs afterwards: who it was done by, and the text; of a review also whose it is. */
export interface SignedAfterwards {
  readonly key: string;
  readonly by: string;
  readonly request: string;
  /** Only this role counts; null or left out is any role that lists keys. */
  readonly role?: string | null;
}

/** The roles whose keys count; where the one that is asked for lists none, every role that does. */
export function provingRoles(roles: Runbook['roles'], wanted: string | null): Runbook['roles'] {
  const proving = roles.filter(({ signers }) => signers !== null);
  const own = proving.filter(({ id }) => id === wanted);
  return own.length === 0 ? proving : own;
}

/** The facts of a good approval, or why it does not count. Used while the session lives and after it is closed. */
export async function checkApproval(
  { roles }: Pick<Runbook, 'roles'>,
  used: SignedAfterwards,
  { principal, signature }: { readonly principal: string; readonly signature: string },
  verify: Signatures['verify'],
): Promise<
  { readonly facts: readonly Fact[] } | { readonly refused: string; readonly uncounted?: Uncounted }
> {
  if (principal === used.by) return { refused: `${principal} used it and cannot approve it.` };
  const counting = provingRoles(roles, used.role ?? null);
  const lists = counting.filter((role) => holds(role, principal)).flatMap(({ signers }) => signers ?? []);
  if (lists.length === 0) {
    const which =
      used.role != null && counting.length === 1 ? `the role ${used.role}` : 'a role that lists signers';
    return { refused: `${principal} does not have ${which}: nothing proves who they are.` };
  }
  let why: Uncounted = { ok: false, detail: '' };
  for (const list of lists) {
    const verified = await verify(used.request, signature, principal, list);
    if (!verified.ok) {
      why = verified;
      continue;
    }
    // whatever list knows it as theirs
    for (const other of new Set(provingRoles(roles, null).flatMap(({ signers }) => signers ?? [])))
      if (
        verified.names?.includes(used.by) === true ||
        (await verify(used.request, signature, used.by, other)).ok
      )
        return { refused: `The key is also one of ${used.by}, who used it.` };
    const { key, level } = verified;
    return {
      facts: [
        { type: 'override.approved', by: principal, key: used.key, signedWith: key, signature, level },
        {
          type: 'obligation.discharged',
          by: principal,
          key: used.key,
          how: 'proved',
          reason: `approved by ${principal} with ${key}`,
          owner: null,
          due: null,
        },
      ],
    };
  }
  return { refused: `The signature does not count: ${why.detail}`, uncounted: why };
}
