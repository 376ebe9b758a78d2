import type { Context } from './context.ts';
import type { Book } from './book.ts';
import type { FactOf } from './facts.ts';
import type { IncidentView } from './view.ts';

/** Phases that were entered and at which the incident has not been read yet. */
export function incidentReadsDue(book: Book, context: Context): readonly string[] {
  if ((book.runbook.incident ?? null) === null || context.endedAt !== null) return [];
  const read = new Set(context.incident?.phases);
  const phases = context.moments.flatMap(({ name }) => (name.startsWith('phase:') ? [name.slice(6)] : []));
  return phases.filter((phase) => !read.has(phase)).slice(0, 1);
}

/** The incident after one more reading of its own system; `at` is the reading's ISO time. */
export const foldIncident = (
  { incident }: Context,
  { phase, id, state, severity, commander, result, detail }: FactOf<'incident.read'>,
  at: string,
): IncidentView & { readonly phases: readonly string[] } => ({
  // what could not be read now is not forgotten, and is said to be old
  id: id ?? incident?.id ?? null,
  state: state ?? incident?.state ?? null,
  severity: severity ?? incident?.severity ?? null,
  commander: commander ?? incident?.commander ?? null,
  result,
  detail,
  at,
  phases: [...(incident?.phases ?? []), phase],
});
