import type { Fact } from '../machine/facts.ts';
import type { RecordedFact } from '../session/ports.ts';

/** What a document calls each person: their role in this session, the same one throughout. */
export type Names = (actor: string) => string;

/** What the program calls itself where it records something by itself. */
const program = 'walkback';

/** Names as recorded. */
export const realNames: Names = (actor) => actor;

/**
 * Roles instead of names: "operator" for who started the session, "approver 1", … for who signed, "person 1", … for
 * everyone else, in the order in which they appear. Only who did something is renamed, never what somebody wrote.
 */
export function rolesFor(events: readonly RecordedFact[]): Names {
  const roles = new Map([[program, program]]);
  const started = events.find(({ fact }) => fact.type === 'session.started')?.fact;
  if (started?.type === 'session.started') roles.set(started.by, 'operator');
  for (const { fact } of events) {
    if (fact.type === 'approval.given' || fact.type === 'approval.denied') number(roles, fact.by, 'approver');
  }
  if (started?.type === 'session.started')
    for (const reviewer of started.reviewed?.by ?? []) number(roles, reviewer, 'reviewer');
  for (const { fact } of events) {
    const by = personOf(fact);
    if (by !== null) number(roles, by, 'person');
  }
  return (actor) => roles.get(actor) ?? actor;
}

function number(roles: Map<string, string>, name: string, role: string): void {
  if (roles.has(name)) return;
  const taken = [...roles.values()].filter((value) => value.startsWith(`${role} `)).length;
  roles.set(name, `${role} ${String(taken + 1)}`);
}

/** The person a fact names, or null where the program did it. */
export const personOf = (fact: Fact): string | null => ('by' in fact ? fact.by : null);
