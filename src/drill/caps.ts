import { eventsOf } from '../report/story.ts';
import { durationText } from '../report/time.ts';
import type { RecordedFact } from '../session/ports.ts';
import type { Loss, Scenario } from './scenarios.ts';

/** A total that a drill cannot go beyond, and why. */
export interface Cap {
  readonly at: number;
  readonly why: string;
}

export interface CapsInput {
  readonly events: readonly RecordedFact[];
  /** Known to whoever runs the drill, not to the ledger. */
  readonly wrongTarget?: boolean;
  readonly lossOverBudget?: boolean;
  /** A check that should have shown the effect, where an end that says all is well went without it. */
  readonly claimed?: string | null;
  /** What the fault makes necessary; null where no scenario says. */
  readonly scenario?: Pick<Scenario, 'acceptedOutcomes' | 'justifies' | 'rightWay'> | null;
}

/** What holds a score down whatever its parts say. */
export const capsOf = (input: CapsInput): readonly Cap[] => [
  ...(input.wrongTarget === true ? [{ at: 40, why: 'a wrong target was touched' }] : []),
  ...(input.lossOverBudget === true ? [{ at: 40, why: 'more was lost than the budget allows' }] : []),
  ...needlessLoss(input),
  ...(input.claimed == null
    ? needlessEnd(input)
    : [{ at: 50, why: `closed as mended, and ${input.claimed} never showed it` }]),
  ...failingInvariants(input),
];

const lossOf: Readonly<Record<string, Loss>> = {
  table_shrunk: 'rows',
  over_budget: 'rows',
  time_lost: 'time',
};

/**
 * Data that somebody agreed to lose although the fault leaves a way that keeps it. Agreement makes a loss permitted,
 * not necessary: it is over the budget all the same.
 */
function needlessLoss({ events, scenario }: CapsInput): readonly Cap[] {
  if (scenario == null) return [];
  const lost = new Map<string, { readonly text: string; readonly by: string }>();
  for (const { fact } of eventsOf(events, 'data.accepted'))
    for (const { id, code, value } of fact.items) {
      const loss = lossOf[code];
      if (loss === undefined || scenario.justifies.includes(loss)) continue;
      lost.set(id, { text: lossText(loss, id, value), by: fact.principal ?? fact.by });
    }
  if (lost.size === 0) return [];
  const what = [...lost.values()].map(({ text }) => text).join(', ');
  const who = [...new Set([...lost.values()].map(({ by }) => by))].join(', ');
  return [
    {
      at: 40,
      why: `lost needlessly: ${what} (agreed to by ${who}); ${scenario.rightWay} would have kept it`,
    },
  ];
}

/** As the machine names it: `rows shop.orders` and `rows lost` by count, `time shop.orders` in milliseconds. */
const lossText = (loss: Loss, id: string, value: string): string => {
  const table = id.slice(id.indexOf(' ') + 1);
  if (loss === 'time') return `${durationText(Number(value))} of ${table}`;
  return id === 'rows lost' ? `${value} rows` : `${value} rows of ${table}`;
};

/** An end that gives something up (the rollback, or the release) although the fault does not ask for it. */
function needlessEnd({ events, scenario }: CapsInput): readonly Cap[] {
  const outcome = eventsOf(events, 'session.ended').at(-1)?.fact.outcome ?? null;
  if (scenario == null || outcome === null || scenario.acceptedOutcomes.includes(outcome)) return [];
  const words = outcome.replaceAll('_', ' ');
  return [
    { at: 50, why: `ended ${words}, which this fault does not need; the way was ${scenario.rightWay}` },
  ];
}

function failingInvariants({ events }: CapsInput): readonly Cap[] {
  const last = new Map(
    eventsOf(events, 'invariant.measured').map(({ fact }) => [fact.id, fact.reading.result] as const),
  );
  const failing = [...last].filter(([, result]) => result === 'fail').map(([id]) => id);
  const closed = eventsOf(events, 'session.closed').length > 0;
  return closed && failing.length > 0
    ? [{ at: 50, why: `closed with failing invariants: ${failing.join(', ')}` }]
    : [];
}
