import type { Check } from '../runbook/model/values.ts';
import type { Step } from '../runbook/model/step.ts';
import type { Context, StepRecord } from './context.ts';
import type { Book } from './book.ts';
import { mayRun, mutates, repeatsAgreed, needsOverride } from './may-run.ts';
import { placeOf, verifiedBy } from './places.ts';
import { mayGoPastGuard } from './debts.ts';
import { dataStops } from './data.ts';
import { pastGuard } from './place-key.ts';
import { approvalCode, gatesOf } from './gates.ts';
import type { Offer } from './view.ts';
import { titleAt } from './titles.ts';

/** What a person may do at a step now. The statechart checks it again. */
export function offersOf(
  book: Book,
  step: Step | null,
  record: StepRecord,
  context: Context,
): readonly Offer[] {
  const { shown, status } = record;
  const skip: Offer = { intent: 'skip', override: needsOverride(step) };
  const confirm = shown?.confirm === 'name' ? 'name' : 'yes';
  const name = shown?.name ?? null;
  switch (status) {
    case 'ready':
      if (!mayRun(book, context, record.place) || dataStops(book, context, step)) return [skip];
      return repeatsAgreed(record) ? [] : [{ intent: 'run', confirm, name }, skip];
    case 'performing':
      return performingOffers(step, record, skip, confirm, name);
    case 'failed':
    case 'unknown':
      // a retry that is due by itself comes first: nobody is asked before it
      if (mayRun(book, context, record.place) && !dataStops(book, context, step) && record.retries) return [];
      return [
        { intent: step !== null && !mutates(step) ? 'check_again' : 'retry' },
        ...gateOffers(book, context, step, record),
        ...routesOf(step),
        ...pastGuardOffers(book, context, record),
        skip,
      ];
    case 'in_doubt':
      return record.probe === null ? [] : [{ intent: 'resolve_doubt' }, { intent: 'check_again' }];
    case 'verifying':
      return verifiedBy(book, context, record.place).some(asksPerson) ? [{ intent: 'report' }] : [];
    case 'idle':
    case 'guarding':
    case 'done':
    case 'skipped':
    case 'undone':
      return [];
  }
}

function performingOffers(
  step: Step | null,
  record: StepRecord,
  skip: Offer,
  confirm: 'yes' | 'name',
  name: string | null,
): readonly Offer[] {
  switch (step?.kind) {
    case 'decide':
      if (record.againAt !== null) return [{ intent: 'check_again' }];
      if (record.chosen !== null) return chosenOffers(record.chosen);
      return record.question === null ? [] : [{ intent: 'choose' }];
    case 'approve':
      return record.approval === null ? [] : [{ intent: 'sign' }, skip];
    case 'manual':
      return [{ intent: 'report' }, skip];
    case 'confirm':
      return [{ intent: 'type_value' }, skip];
    case 'check':
      return asksPerson(step.check) ? [{ intent: 'report' }, skip] : [skip];
    case 'wait':
    case 'smoke':
      return [skip];
    case undefined:
    case 'run':
    case 'release':
      return [{ intent: 'stop_command', confirm: step !== null && severe(step) ? 'name' : confirm, name }];
    default:
      return [];
  }
}

/** An objection takes the decision back to the people: choosing again is one of their answers. */
const chosenOffers = ({ objections }: NonNullable<StepRecord['chosen']>): readonly Offer[] => [
  ...(objections.length === 0 ? [] : [{ intent: 'choose' as const }]),
  { intent: 'go_on' },
  { intent: 'object' },
];

/** Killing it half way may leave something broken: that takes the typed name. */
const severe = (step: Step): boolean => mutates(step) && !step.idempotent;

/** A check that only a person can read or judge. */
export const asksPerson = ({ expect, subject }: Check): boolean =>
  expect.conditions.some(({ kind }) => kind === 'words') ||
  ('source' in subject && subject.source.kind === 'ask');

/** Where an approval does not hold any more, asking for it anew is the way on. */
function gateOffers(
  book: Book,
  context: Context,
  step: Step | null,
  { problem }: StepRecord,
): readonly Offer[] {
  if (!approvalCode.test(problem?.code ?? '')) return [];
  return gatesOf(book, step).map((gate) => ({
    intent: 'route',
    to: gate.id,
    title: `Ask again: ${titleAt(book, context, gate, placeOf(context, gate))}`,
  }));
}

function pastGuardOffers(book: Book, context: Context, record: StepRecord): readonly Offer[] {
  return mayRun(book, context, record.place) && mayGoPastGuard(book, context, record)
    ? [{ intent: 'route', to: pastGuard, title: 'give it back all the same, with a reason' }]
    : [];
}

function routesOf(step: Step | null): readonly Offer[] {
  if (step === null) return [];
  const seen = new Set<string>();
  return Object.values(step.on).flatMap((route): readonly Offer[] => {
    if (route.kind === 'ask') return [];
    const to = route.kind === 'goto' ? route.target : `end:${route.outcome}`;
    if (seen.has(to)) return [];
    seen.add(to);
    return [{ intent: 'route', to, title: route.kind === 'goto' ? to : `end as ${route.outcome}` }];
  });
}
