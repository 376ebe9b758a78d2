import type { FactOf } from '../machine/facts.ts';
import { epochMsOf, isoOf } from '../machine/iso-time.ts';
import type { Alert, Candidate } from '../machine/facts/outside.ts';

/** What an alert system sends at once: one of its groups. */
export interface AlertGroup {
  readonly groupKey: string;
  readonly receiver: string;
  /** How many alerts the sender left out. */
  readonly truncated: number;
  readonly alerts: readonly Alert[];
}

/** A runbook that alerts may propose. */
export interface KnownRunbook extends Omit<Candidate, 'environment'> {
  readonly environments: readonly string[];
}

export type ProposalFact =
  FactOf<'proposal.opened'> | FactOf<'signal.received'> | FactOf<'decision.recorded'>;

/** A proposal to roll back, folded from its record: nothing of it has run. */
export interface Proposal {
  readonly id: string;
  readonly openedAt: string;
  readonly candidates: readonly Candidate[];
  readonly environment: string;
  readonly matched: string;
  /** How often the alert system has sent it. */
  readonly signals: number;
  /** The newest state of every alert that was sent. */
  readonly alerts: readonly Alert[];
  readonly lastSignalAt: string;
  /** ISO 8601: nobody acted until then, and nothing fires any more or is repeated. */
  readonly expiresAt: string;
  readonly decided: (FactOf<'decision.recorded'> & { readonly at: string }) | null;
}

/** A proposal from the facts of its record, oldest first; null where they do not begin one. */
export function foldProposal(
  id: string,
  facts: readonly { readonly at: string; readonly fact: { readonly type: string } }[],
): Proposal | null {
  return (facts as readonly { readonly at: string; readonly fact: ProposalFact }[]).reduce<Proposal | null>(
    (proposal, { at, fact }) => {
      switch (fact.type) {
        case 'proposal.opened':
          return {
            id,
            openedAt: at,
            candidates: fact.candidates,
            environment: fact.environment,
            matched: fact.matched,
            signals: 0,
            alerts: [],
            lastSignalAt: at,
            expiresAt: later(at, fact.expireMs),
            decided: null,
          };
        case 'signal.received':
          return proposal && heard(proposal, at, fact);
        case 'decision.recorded':
          return proposal && { ...proposal, decided: proposal.decided ?? { ...fact, at } };
        default:
          return proposal;
      }
    },
    null,
  );
}

function heard(proposal: Proposal, at: string, { alerts }: FactOf<'signal.received'>): Proposal {
  const known = new Map(proposal.alerts.map((alert) => [alert.fingerprint, alert]));
  for (const alert of alerts) known.set(alert.fingerprint, alert);
  const life = epochMsOf(proposal.expiresAt) - epochMsOf(proposal.lastSignalAt);
  const fires = alerts.some(({ status }) => status === 'firing');
  return {
    ...proposal,
    signals: proposal.signals + 1,
    alerts: [...known.values()],
    lastSignalAt: fires ? at : proposal.lastSignalAt,
    expiresAt: fires ? later(at, life) : proposal.expiresAt,
  };
}

const later = (iso: string, ms: number): string => isoOf(epochMsOf(iso) + ms);

/** Waits for somebody: not decided, and its time is not over. */
export const isOpen = (proposal: Proposal, nowMs: number): boolean =>
  proposal.decided === null && nowMs < epochMsOf(proposal.expiresAt);

/** Nobody decided, and its time is over: to be recorded as expired. */
export const isOverdue = (proposal: Proposal, nowMs: number): boolean =>
  proposal.decided === null && nowMs >= epochMsOf(proposal.expiresAt);

export const firingOf = ({ alerts }: Pick<Proposal, 'alerts'>): readonly Alert[] =>
  alerts
    .filter(({ status }) => status === 'firing')
    .toSorted((one, other) => one.startsAt.localeCompare(other.startsAt));

/** What it proposes: `shop_rollback`, or `shop_rollback or shop_flags` where several fit. */
export const proposedOf = ({ candidates }: Pick<Proposal, 'candidates'>): string =>
  [...new Set(candidates.map(({ id }) => id))].join(' or ');

/** `HighErrors, HighLatency firing since 18:02 UTC, 3 signals`; `HighErrors resolved, 4 signals` */
export function proposalWords(proposal: Pick<Proposal, 'alerts' | 'signals'>): string {
  const firing = firingOf(proposal);
  const [first] = firing;
  const named = firing.length > 0 ? firing : proposal.alerts;
  const names = [...new Set(named.map(({ name }) => name))];
  const shown = `${names.slice(0, 2).join(', ')}${names.length > 2 ? ` and ${names.length - 2} more` : ''}`;
  const state = first === undefined ? 'resolved' : `firing since ${first.startsAt.slice(11, 16)} UTC`;
  const count = proposal.signals === 1 ? '1 signal' : `${proposal.signals} signals`;
  return `${shown} ${state}, ${count}`;
}
