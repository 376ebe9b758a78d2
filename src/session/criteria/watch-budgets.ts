import type { BudgetGauge, EtaGauge } from '../client.ts';
import type { Job } from '../kit.ts';
import type { Session } from '../session.ts';
import { waitingText } from '../../judge/budget.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import { readBudgets } from './budget-reading.ts';
import { etaFrom, patience } from './eta-reading.ts';

/** Error budgets and the time that is still needed, as they stand: they never enter the ledger by themselves. */
export interface Budgets {
  readonly read: () => Promise<void>;
  readonly budgets: () => readonly BudgetGauge[];
  readonly eta: () => EtaGauge | null;
  /** What it costs to wait for the next quiet time of the calendar; null where nothing is unwelcome now. */
  readonly waiting: () => string | null;
}

/** Error budgets as they were read last, and how they are read anew. */
export function watchBudgets(session: Session, job: Job): Budgets {
  let budgets: readonly BudgetGauge[] = [];
  return {
    budgets: () => budgets,
    read: async () => {
      const read = await readBudgets(job);
      budgets = read.map(({ level: { id, target, periodMs, owner = null, sla = null }, budget }) => ({
        ...budget,
        id,
        target,
        periodMs,
        owner,
        sla,
      }));
    },
    waiting: () => {
      const { calendar } = session.context();
      if (calendar === null || calendar.state === 'quiet' || calendar.quietAt === null) return null;
      return waitingText(budgets, Math.max(0, epochMsOf(calendar.quietAt) - job.options.domainNow()));
    },
    eta: () => {
      const place = session.view().current[0]?.place ?? null;
      if (place === null || session.context().endedAt !== null) return null;
      const eta = etaFrom(job, { step: place.step, option: null }, true);
      if (eta.steps === 0) return null;
      return { ms: eta.ms, unknown: eta.unknown, steps: eta.steps, leftMs: patience(job)?.leftMs ?? null };
    },
  };
}
