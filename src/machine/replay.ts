import type { SnapshotFrom } from 'xstate';
import { initialTransition, transition } from 'xstate';
import type { SessionMachine } from './compile.ts';
import { takenEverywhere } from './compile/taken-everywhere.ts';
import type { Context } from './context.ts';
import type { TimedFact } from './facts.ts';
import { foldOver } from './fold.ts';

export type Snapshot = SnapshotFrom<SessionMachine['machine']>;

export function startSnapshot({ machine }: SessionMachine, session: string): Snapshot {
  const [snapshot] = initialTransition(machine, { session });
  return snapshot;
}

/** Applies one fact. A fact that no state takes (a late one) leaves the snapshot as it was. */
export function applyFact({ book, machine }: SessionMachine, snapshot: Snapshot, fact: TimedFact): Snapshot {
  // what moves no step needs no statechart: thousands of such facts are folded in no time
  if (takenEverywhere.has(fact.type)) return { ...snapshot, context: foldOver(book)(snapshot.context, fact) };
  const [next] = transition(machine, snapshot, fact);
  return next;
}

/** Resume is this fold: it starts nothing. */
export function replay(compiled: SessionMachine, session: string, facts: readonly TimedFact[]): Snapshot {
  return facts.reduce(
    (snapshot, fact) => applyFact(compiled, snapshot, fact),
    startSnapshot(compiled, session),
  );
}

export const contextOf = (snapshot: Snapshot): Context => snapshot.context;

/** Whether the fact is possible now: its state takes it, and every guard agrees. */
export const accepts = (snapshot: Snapshot, fact: TimedFact): boolean =>
  takenEverywhere.has(fact.type) || snapshot.can(fact);
