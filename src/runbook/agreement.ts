import type { Agreement } from './model/criteria.ts';
import type { Position } from './model/values.ts';
import type { Runbook } from './model.ts';
import { type Problem, problem } from './problem.ts';

/** Roles that have to sign the numbers: those who promise, and those who are woken. */
const signingRoles = ['product', 'operations'] as const;

/** Why the numbers of a runbook may not be taken as agreed. */
export interface Gap {
  readonly code: 'unsigned' | 'expired' | 'changed' | 'no_up';
  readonly detail: string;
  readonly at: Position | null;
}

/**
 * What is missing before the triggers of a runbook count as agreed on a day (`2026-12-31`, UTC; a signature holds to
 * the end of the day on which it expires). Each role needs one signature that is over these very numbers and has not
 * expired. A runbook without triggers has nothing to agree to.
 */
export function agreementGaps(runbook: Runbook, today: string): readonly Gap[] {
  const { agreed = [], criteriaHash = null, triggers } = runbook;
  if (triggers.length === 0) return [];
  const gaps = signingRoles.flatMap((role): readonly Gap[] => {
    const own = agreed.filter((one) => one.role === role);
    const good = own.some((one) => one.expires >= today && one.on <= today && one.triggers === criteriaHash);
    return good ? [] : [missing(role, own.at(-1), today, criteriaHash)];
  });
  const blindable = triggers.filter(({ up = null, probe }) => {
    return up === null && runbook.probes[probe]?.source.kind === 'prometheus';
  });
  return [
    ...gaps,
    ...blindable.map(({ id, at }): Gap => ({
      code: 'no_up',
      detail: `trigger ${id} has no \`up\`: a target that is down keeps serving a stale rate`,
      at,
    })),
  ];
}

/** The day of an ISO 8601 time in UTC. */
export const dayOf = (iso: string): string => iso.slice(0, 10);

/**
 * Gaps that lint warns of: those of a team that lets its numbers be signed. A runbook without `agreed` is told of it by
 * `check` and `plan`, which look at one environment on one day.
 */
export function unagreed(runbook: Runbook, today: string): readonly Problem[] {
  const [first] = runbook.agreed ?? [];
  if (first === undefined) return [];
  return agreementGaps(runbook, today)
    .filter(({ code }) => code !== 'no_up')
    .map(({ detail, at }) => problem('WB609', at ?? first.at, `${capital(detail)}.`));
}

const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

function missing(role: string, last: Agreement | undefined, today: string, hash: string | null): Gap {
  if (last === undefined)
    return {
      code: 'unsigned',
      detail: `${role} has not signed the triggers (${hash ?? 'no hash'})`,
      at: null,
    };
  const { at, by, expires, on } = last;
  if (last.triggers !== hash)
    return {
      code: 'changed',
      detail: `${by} (${role}) signed other triggers on ${on}; these are ${hash ?? 'without a hash'}`,
      at,
    };
  if (on > today) return { code: 'unsigned', detail: `${by} (${role}) signs only on ${on}`, at };
  return { code: 'expired', detail: `the sign-off by ${by} (${role}) expired on ${expires}`, at };
}
