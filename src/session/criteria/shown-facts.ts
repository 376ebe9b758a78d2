import type { Budget } from '../../judge/budget.ts';
import { waitingText } from '../../judge/budget.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import { calendarNow } from '../calendar-watch.ts';
import { etaText, fasterThan } from '../../judge/eta.ts';
import { spanText } from '../../judge/figure-text.ts';
import type { Reading } from '../../machine/facts/values.ts';
import type { StepOf } from '../../runbook/model/step.ts';
import type { Job } from '../kit.ts';
import type { BudgetRead } from './budget-reading.ts';
import { etaFrom, patience } from './eta-reading.ts';

/**
 * The budget of every objective that is counted, as readings for the card: rate, what is left, what waiting costs.
 * Without one there is nothing to say, unless the card asks for it.
 */
export function burnReadings(budgets: readonly BudgetRead[], isAsked: boolean): readonly Reading[] {
  if (budgets.length === 0) return isAsked ? [burnReading('burn', notCounted)] : [];
  return budgets.map(({ level, budget }) =>
    burnReading(budgets.length === 1 ? 'burn' : `burn ${level.id}`, budget),
  );
}

/** What the calendar says of a rollback now, and what waiting for the next quiet time would cost. */
export function calendarReading(job: Job, budgets: readonly BudgetRead[]): Reading {
  const { state, text, quietAt } = calendarNow(job.options);
  const waitMs = quietAt === null ? 0 : epochMsOf(quietAt) - job.options.domainNow();
  const cost =
    state === 'quiet' || waitMs <= 0
      ? null
      : waitingText(
          budgets.map(({ level: { id, periodMs }, budget }) => ({ ...budget, id, periodMs })),
          waitMs,
        );
  return {
    subject: 'calendar',
    result: state === 'forbid' ? 'fail' : 'pass',
    value: JSON.stringify(cost === null ? text : `${text}, ${cost}`),
    expected: '',
    code: state === 'forbid' ? 'forbidden' : null,
    detail: state === 'forbid' ? 'a planned rollback is not for now' : '',
    unit: null,
  };
}

const notCounted = {
  shortRate: null,
  code: 'no_data',
  detail: 'no objective of the runbook counts its errors',
};

function burnReading(
  subject: string,
  { shortRate, code, detail }: Pick<Budget, 'shortRate' | 'code' | 'detail'>,
): Reading {
  const known = code === null && shortRate !== null;
  return {
    subject,
    result: known ? 'pass' : 'unknown',
    value: known ? String(shortRate) : null,
    expected: '',
    code,
    detail,
    unit: 'x',
  };
}

/** How long the recommended way takes from here, and how long customers will still wait for it. */
export function etaReading(job: Job, step: StepOf<'decide'>, option: string | null): Reading {
  const chosen = step.options.find(({ id }) => id === option) ?? null;
  const eta = etaFrom(job, { step: step.id, option: chosen });
  const limit = patience(job);
  // a sum with gaps says the least that it takes: as a figure of its own it would look too good
  const known = eta.unknown === 0;
  const left =
    limit === null
      ? ''
      : `; customers put up with ${spanText(limit.maxMs)}, ${spanText(limit.leftMs)} of it left`;
  return {
    subject: 'eta',
    result: known ? 'pass' : 'unknown',
    value: known ? String(Math.round(eta.ms / 1000)) : null,
    expected: '',
    code: known ? null : eta.unknown < eta.steps ? 'incomplete' : 'no_data',
    detail: `${chosen === null ? '' : `${chosen.title}: `}${etaText(eta)}${left}`,
    unit: 'seconds',
  };
}

export function adviceReading(job: Job): Reading {
  const { advice } = job.context();
  const known = advice !== null && advice.advice !== 'unknown';
  return {
    subject: 'advice',
    result: known ? 'pass' : 'unknown',
    value: known ? JSON.stringify(advice.advice) : null,
    expected: '',
    code: known ? null : 'unknown',
    detail: advice?.because ?? 'the triggers have not been read',
    unit: null,
  };
}

/** How long the way of each option takes that leads on. */
export const waysOn = (job: Job, step: StepOf<'decide'>) =>
  step.options
    .filter(({ again, route }) => !again && route?.kind !== 'end')
    .map((option) => ({ option, eta: etaFrom(job, { step: step.id, option }) }));

interface Recommended {
  readonly recommended: string | null;
  readonly because: string;
}

/** Where the way that is recommended takes longer than customers put up with: the next faster one (E7). */
export function withinPatience(
  job: Job,
  step: StepOf<'decide'>,
  offered: readonly { readonly id: string; readonly offered: Reading['result'] }[],
  found: Recommended,
): Recommended {
  const limit = patience(job);
  if (limit === null || found.recommended === null) return found;
  const ways = waysOn(job, step).map(({ option, eta }) => ({
    id: option.id,
    title: option.title,
    open: offered.find(({ id }) => id === option.id)?.offered === 'pass',
    eta,
  }));
  const faster = fasterThan(found.recommended, ways, limit.leftMs);
  const slow = ways.find(({ id }) => id === found.recommended);
  if (faster === null || slow === undefined) return found;
  const because =
    `${found.recommended} takes ${slow.eta.unknown > 0 ? 'at least ' : ''}${spanText(slow.eta.ms)}, ` +
    `customers put up with ${spanText(limit.leftMs)} more; ${faster.id} takes ${spanText(faster.eta.ms)}. ` +
    `Without that limit: ${found.because}`;
  return { recommended: faster.id, because };
}
