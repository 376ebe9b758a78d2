import type { StandingView } from './client.ts';
import { judgeCalendar } from '../judge/calendar.ts';
import { epochMsOf, isoOf } from '../machine/iso-time.ts';
import type { Job } from './kit.ts';
import { phaseAtHand } from './override.ts';
import type { Session } from './session.ts';
import { judgeStart } from './start-gate.ts';

/** Who may start the phase at hand now; null where the runbook has no rules, or nothing waits to be started. */
export async function standingNow(session: Session, job: Job): Promise<StandingView | null> {
  const { runbook } = session.options.compiled.book;
  const phase = phaseAtHand(session);
  if (runbook.authority.length === 0 || phase === null || session.context().endedAt !== null) return null;
  // nobody has a name like this: what is asked is which rule decides
  const { roles, because, blocks } = await judgeStart(job, phase, '');
  const { proofs } = session.context();
  return {
    phase: runbook.phases.find(({ id }) => id === phase)?.title ?? phase,
    start: roles,
    because,
    until: changesAt(session),
    ...(blocks.some(({ kind }) => kind !== 'authority') ? { overrideOnly: true } : {}),
    roles: runbook.roles.map(({ id, anyone, users, signers }) => ({
      id,
      anyone,
      users,
      keys: signers !== null,
      proved: proofs.some((one) => one.phase === phase && one.role === id),
    })),
  };
}

/** When the window or the calendar changes next, in wall time. */
function changesAt(session: Session): string | null {
  const { options } = session;
  const nowMs = options.domainNow();
  const { calendar = [] } = options.compiled.book.runbook;
  const until = session.context().window?.until ?? null;
  const changes = calendar.length === 0 ? null : judgeCalendar(calendar, 'rollback', nowMs).changesMs;
  const ends = [...(until === null ? [] : [epochMsOf(until)]), ...(changes === null ? [] : [changes])];
  const next = ends.filter((ms) => ms > nowMs);
  if (next.length === 0) return null;
  const speed = session.context().started?.speed ?? 1;
  return isoOf(Math.round(options.ports.clock.now().ms + (Math.min(...next) - nowMs) / speed));
}
