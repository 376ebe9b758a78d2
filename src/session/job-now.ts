import type { CurrentStep } from '../machine/view.ts';
import type { Work } from '../machine/work.ts';
import type { Job } from './kit.ts';
import type { Session } from './session.ts';

/** A job for what a person asks for now; its probes have limits of their own. */
export function jobNow(session: Session, kind: Work['kind'], { place, attempt }: CurrentStep): Job {
  const step = session.options.compiled.book.steps.get(place.step) ?? null;
  return session.jobFor({ key: attempt, kind, place, attempt, step }, new AbortController().signal);
}
