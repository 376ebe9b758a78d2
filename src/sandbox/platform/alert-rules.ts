import { isoTime, type DomainClock } from '../clock.ts';
import { evaluate } from '../metrics/promql-evaluate.ts';
import { parseQuery } from '../metrics/promql-parser.ts';
import { labelKey, type SeriesStore } from '../metrics/store.ts';
import type { Labels } from '../metrics/registry.ts';
import type { FiringAlert } from './silences.ts';

interface AlertRule {
  readonly name: string;
  readonly query: string;
  readonly forMs: number;
  readonly severity: 'page' | 'ticket';
  readonly summary: string;
}

const rules: readonly AlertRule[] = [
  {
    name: 'CheckoutErrors',
    query:
      'sum(rate(shop_requests_total{route="/checkout",status=~"5.."}[2m])) / sum(rate(shop_requests_total{route="/checkout"}[2m])) > 0.02',
    forMs: 60_000,
    severity: 'page',
    summary: 'More than 2 % of checkouts fail',
  },
  {
    name: 'InstanceDown',
    query: 'up{job="shop"} == 0',
    forMs: 60_000,
    severity: 'page',
    summary: 'An instance of the shop does not answer',
  },
  {
    name: 'JobMissing',
    query: 'time() - job_last_success_timestamp_seconds{name!="nightly_settlement"} > 900',
    forMs: 60_000,
    severity: 'ticket',
    summary: 'A scheduled job has not run for 15 minutes',
  },
];

export interface RuleEvaluator {
  /** Evaluates every rule at this moment; answers what fires. */
  evaluate(): readonly FiringAlert[];
  /** The `/api/v1/rules` answer. */
  describe(): unknown;
  reset(): void;
}

/** The shop's alert rules: a breach becomes an alert once it has lasted. */
export function ruleEvaluator(store: SeriesStore, clock: DomainClock): RuleEvaluator {
  const parsed = rules.map((rule) => ({ rule, expression: parseQuery(rule.query) }));
  const since = new Map<string, { readonly at: number; readonly rule: AlertRule; readonly labels: Labels }>();

  return {
    evaluate() {
      const now = clock.now();
      const breached = new Set<string>();
      for (const { rule, expression } of parsed) {
        const value = evaluate(expression, store, now);
        for (const { labels } of value.type === 'vector' ? value.samples : []) {
          const { __name__: _, ...rest } = labels;
          const all = { alertname: rule.name, severity: rule.severity, ...rest };
          const key = labelKey(all);
          breached.add(key);
          if (!since.has(key)) since.set(key, { at: now, rule, labels: all });
        }
      }
      for (const key of since.keys()) if (!breached.has(key)) since.delete(key);
      return [...since.values()]
        .filter(({ at, rule }) => now - at >= rule.forMs)
        .map(({ at, rule, labels }) => ({
          labels,
          annotations: { summary: rule.summary },
          startsAt: isoTime(at + rule.forMs),
        }));
    },
    describe: () => ({
      groups: [
        {
          name: 'shop',
          file: 'shop.rules',
          interval: 15,
          rules: rules.map((rule) => ({
            name: rule.name,
            query: rule.query,
            duration: rule.forMs / 1000,
            labels: { severity: rule.severity },
            annotations: { summary: rule.summary },
            health: 'ok',
            type: 'alerting',
            state: stateOf(
              rule,
              [...since.values()].filter((one) => one.rule === rule).map(({ at }) => clock.now() - at),
            ),
          })),
        },
      ],
    }),
    reset: () => since.clear(),
  };
}

function stateOf(rule: AlertRule, ages: readonly number[]): string {
  if (ages.some((age) => age >= rule.forMs)) return 'firing';
  return ages.length > 0 ? 'pending' : 'inactive';
}
