import type { FactOf } from '../../machine/facts.ts';
import type { Job } from '../kit.ts';
import { readCheck } from '../kit.ts';

/** What must be true of the data: the first measurement is what later ones are compared with. */
export function measureInvariants(
  job: Job,
  moment: 'before' | 'after',
): Promise<readonly FactOf<'invariant.measured'>[]> {
  const { baselines } = job.context();
  return Promise.all(
    job.book.runbook.invariants.map(async ({ id, check }) => {
      const subject = 'obligation' in check.subject ? id : (check.subject.id ?? id);
      const reading = await readCheck(job, check, baselines[subject]);
      return { type: 'invariant.measured' as const, id, moment, reading: { ...reading, subject } };
    }),
  );
}
