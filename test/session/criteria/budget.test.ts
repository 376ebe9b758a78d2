import { describe, expect, test } from 'vitest';
import { judgeBudget } from '../../../src/judge/budget.ts';
import type { Reading } from '../../../src/machine/facts/values.ts';
import type { TestSession } from '../open-test-session.ts';
import { criteriaBook, openMetrics, watchedSession } from './metrics-world.ts';

const objective = `
slo:
  - id: checkout
    target: 0.999
    period: 1d
    owner: product
    prometheus: http://127.0.0.1:1
    bad: requests{status="500"}
    total: requests
    up: up{job="shop"}
    sla: { target: 0.995, exclusions: [announced maintenance] }
`;

const shown = (session: TestSession, subject: string): Reading | undefined =>
  session
    .facts('question.posed')
    .at(-1)
    ?.facts.find((fact) => fact.subject === subject);

describe('the budget beside a decision', () => {
  test('burn shown equals a hand calculation to 1 %', async () => {
    const metrics = openMetrics();
    await metrics.pass(3600, { perSecond: 20, errors: 0 });
    await metrics.pass(360, { perSecond: 20, errors: 0.0144 });
    const session = await watchedSession(metrics, criteriaBook(objective));
    await metrics.pass(10, { perSecond: 20, errors: 0.0144 });

    // 1.44 % of errors against 0.1 % allowed: 14.4 times too fast over the five minutes
    const burn = shown(session, 'burn');
    expect(burn).toMatchObject({ result: 'pass', unit: 'x' });
    expect(Math.abs(Number(burn?.value) / 14.4 - 1)).toBeLessThan(0.01);
    // over the hour: 360 s of it at 14.4, the rest at 0
    const [, overHour = ''] = /^([\d.]+)x over 1 h/.exec(burn?.detail ?? '') ?? [];
    expect(Math.abs(Number(overHour) / ((14.4 * 360) / 3600) - 1)).toBeLessThan(0.02);
    // what waiting costs: 14.4 times a 1440th of the day's budget
    expect(burn?.detail).toContain('waiting costs 1 % a minute');
    expect(burn?.detail).toMatch(/72\d\d\d events/);
  });

  test('a target that is down leaves the burn unknown, whatever the counters still say', async () => {
    const metrics = openMetrics();
    await metrics.pass(600, { perSecond: 20, errors: 0.0144 });
    await metrics.pass(5, null);
    const session = await watchedSession(metrics, criteriaBook(objective));
    await metrics.pass(5, null);
    expect(shown(session, 'burn')).toMatchObject({ result: 'unknown', value: null, code: 'target_down' });
  });

  test('an error counter that nothing has counted yet is no error, and no traffic is unknown', async () => {
    const none = criteriaBook(objective.replace('status="500"', 'status="503"'));
    const metrics = openMetrics();
    await metrics.pass(600, { perSecond: 20, errors: 0 });
    const quiet = await watchedSession(metrics, none);
    await metrics.pass(5, { perSecond: 20, errors: 0 });
    expect(shown(quiet, 'burn')).toMatchObject({ result: 'pass', value: '0' });

    const empty = openMetrics();
    await empty.pass(600, { perSecond: 0, errors: 0 });
    const silent = await watchedSession(empty, none);
    await empty.pass(5, { perSecond: 0, errors: 0 });
    expect(shown(silent, 'burn')).toMatchObject({ result: 'unknown', value: null });
  });

  test('burn is on record with a decision that does not show it, and asked for without an objective it is unknown', async () => {
    const metrics = openMetrics();
    await metrics.pass(120, { perSecond: 20, errors: 0 });
    const session = await watchedSession(metrics, criteriaBook(''));
    await metrics.pass(5, { perSecond: 20, errors: 0 });
    expect(shown(session, 'burn')).toMatchObject({ result: 'unknown', code: 'no_data' });

    const { phases, ...rest } = criteriaBook(objective);
    const silent = phases.map((phase) => ({
      ...phase,
      steps: phase.steps.map((step) => (step.kind === 'decide' ? { ...step, show: ['errors'] } : step)),
    }));
    const recorded = await watchedSession(metrics, { ...rest, phases: silent });
    await metrics.pass(5, { perSecond: 20, errors: 0 });
    expect(shown(recorded, 'burn')).toMatchObject({ result: 'pass', value: '0' });
  });
});

describe('a trigger that comes from an objective', () => {
  const book = criteriaBook(`${objective}
triggers:
  - { id: fast, from_slo: { slo: checkout, budget_share: 60%, within: 1h }, interval: 30s, advise: rollback }
`);

  test('has its limit and its windows derived', () => {
    expect(book.triggers[0]).toMatchObject({
      breach: { op: '>', value: 14.4 },
      burn: { longMs: 3_600_000, shortMs: 300_000 },
      protects: { slo: 'checkout', share: 0.6 },
    });
  });

  test('fires when both windows burn too fast, and not when only the short one does', async () => {
    const metrics = openMetrics();
    await metrics.pass(3600, { perSecond: 20, errors: 0 });
    const session = await watchedSession(metrics, book);
    await metrics.pass(300, { perSecond: 20, errors: 0.05 });
    // 50 times too fast over five minutes is 4.2 over the hour
    expect(session.facts('trigger.changed').map(({ state }) => state)).toEqual(['OK']);
    await metrics.pass(1200, { perSecond: 20, errors: 0.05 });
    expect(session.facts('trigger.changed').at(-1)).toMatchObject({ state: 'FIRED' });
    expect(session.facts('trigger.changed').at(-1)?.detail).toMatch(/^1[4-9][.\d]* x > 14.4 x for/);
  });
});

describe('the time that a way takes', () => {
  test('the next faster option is recommended where the slow one takes longer than customers put up with', async () => {
    const metrics = openMetrics();
    await metrics.pass(60, { perSecond: 20, errors: 0 });
    const session = await watchedSession(metrics, criteriaBook('tolerance: { degraded_max: 5m }\n'));
    await metrics.pass(5, { perSecond: 20, errors: 0 });
    const question = session.facts('question.posed').at(-1);
    expect(question?.recommended).toBe('flag');
    expect(question?.because).toMatch(
      /^rollback takes 8 min, customers put up with 5 min more; flag takes 40 s/,
    );
    expect(shown(session, 'eta')).toMatchObject({ result: 'pass', value: '40', unit: 'seconds' });
    expect(shown(session, 'eta')?.detail).toContain('1 as the author expects');
    // every way that leads on, for what is told afterwards of the one that was taken
    expect(question?.ways).toEqual(
      expect.arrayContaining([
        { option: 'flag', ms: 40_000, steps: 1, unknown: 0 },
        expect.objectContaining({ option: 'rollback', ms: 480_000, unknown: 0 }),
      ]),
    );
  });

  test('what the runbook recommends stays where it fits', async () => {
    const metrics = openMetrics();
    await metrics.pass(60, { perSecond: 20, errors: 0 });
    const session = await watchedSession(metrics, criteriaBook('tolerance: { degraded_max: 20m }\n'));
    await metrics.pass(5, { perSecond: 20, errors: 0 });
    expect(session.facts('question.posed').at(-1)?.recommended).toBe('rollback');
    expect(shown(session, 'eta')).toMatchObject({ value: '480' });
  });
});

describe('a budget', () => {
  const base = {
    periodMs: 30 * 86_400_000,
    longMs: 3_600_000,
    shortMs: 300_000,
    longRate: 14.4,
    shortRate: 14.4,
    periodRate: 0.5,
    covered: 1,
    events: 1000,
    fault: null,
  };

  test('is left, lasts and costs as worked out by hand', () => {
    const budget = judgeBudget(base);
    expect(budget.left).toBeCloseTo(0.5, 9);
    expect(budget.lastsMs).toBeCloseTo((0.5 * 30 * 86_400_000) / 14.4, 0);
    expect(budget.costPerMinute).toBeCloseTo(14.4 / 43_200, 12);
  });

  test('of a short history is the most that can be left, and says so', () => {
    const budget = judgeBudget({ ...base, periodRate: 14.4, covered: 0.01 });
    expect(budget.left).toBeCloseTo(1 - 0.144, 9);
    expect(budget.detail).toContain('at most 85.6 % left');
  });

  test('of which a rate is missing says nothing that hangs on it', () => {
    expect(judgeBudget({ ...base, shortRate: NaN })).toMatchObject({
      shortRate: null,
      lastsMs: null,
      costPerMinute: null,
      code: 'no_data',
    });
    expect(judgeBudget({ ...base, shortRate: 0 }).lastsMs).toBe(Infinity);
  });
});
