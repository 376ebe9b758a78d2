import type { BudgetGauge, EtaGauge } from '../client.ts';
import type { Job } from '../kit.ts';
import type { Session } from '../session.ts';
import { readBudget } from './budget-reading.ts';
import { etaFrom, patience } from './eta-reading.ts';
import { numbersFor } from './number-source.ts';
import { releaseWindow } from './release-window.ts';

/** Error budgets and the time that is still needed, as they stand: they never enter the ledger by themselves. */
export interface Budgets {
  readonly read: () => Promise<void>;
  readonly budgets: () => readonly BudgetGauge[];
  readonly eta: () => EtaGauge | null;
}

export function watchBudgets(session: Session, job: Job): Budgets {
  const { runbook } = job.book;
  const source = numbersFor(job);
  const levels = (runbook.slo ?? []).filter(({ source: counted = null }) => counted !== null);
  let budgets: readonly BudgetGauge[] = [];
  return {
    budgets: () => budgets,
    read: async () => {
      const { openedMs } = releaseWindow(job);
      const ageMs = openedMs === null ? null : source.now() - openedMs;
      const read = await Promise.all(
        levels.map(async (level): Promise<readonly BudgetGauge[]> => {
          const budget = await readBudget(source, runbook, level, ageMs);
          if (budget === null) return [];
          const { id, target, periodMs, owner = null, sla = null } = level;
          return [{ ...budget, id, target, periodMs, owner, sla }];
        }),
      );
      budgets = read.flat();
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
