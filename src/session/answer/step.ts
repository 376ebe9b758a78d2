import type { Fact } from '../../machine/facts.ts';
import type { CurrentStep, Offer } from '../../machine/view.ts';
import type { Answer, Intent } from '../intents.ts';
import { noReason, put, refused } from '../refusals.ts';
import { requestFor } from '../prove-authority.ts';
import { approvalReviewOwed } from '../review-owed.ts';
import { undoOwed } from '../undo-owed.ts';
import type { Session } from '../session.ts';
import { passGate, startsChange } from '../start-gate.ts';
import { madeOf, pose } from '../workers/decide.ts';
import { readAfterCrash } from '../workers/others.ts';
import { jobNow } from '../job-now.ts';
import { choose } from './decision.ts';
import { sign } from './approval.ts';
import { report, typeValue } from './report.ts';

type StepIntent = Extract<Intent, { attempt: string }>;

/** Answers what is asked of the step at hand: by its offer, and past the gate where it begins a change. */
export async function answerStep(session: Session, intent: StepIntent, by: string): Promise<Answer> {
  const current = session.view().current.find(({ attempt }) => attempt === intent.attempt);
  if (current === undefined) {
    return refused(
      'E_NOT_CURRENT',
      'That step is not the current one any more.',
      'Look at the current step.',
    );
  }
  const offer = current.offers.find(
    (one) => one.intent === offeredAs[intent.type] && !(one.intent === 'route' && one.to !== routeOf(intent)),
  );
  if (offer === undefined) return notOffered(session, current, intent);
  const step = session.options.compiled.book.steps.get(current.place.step);
  if (!startsChange(current, step, intent)) return answerOffer(session, current, offer, intent, by);
  const job = jobNow(session, 'guard', current);
  const gate = await passGate(session, job, current, intent, by);
  if (gate === null) return answerOffer(session, current, offer, intent, by);
  if (gate.refusal === null) return answerOffer(session, current, offer, intent, by, gate.facts);
  const denied = gate.facts.find((fact) => fact.type === 'authority.denied');
  const request = denied === undefined ? null : requestFor(session, job, denied.phase, denied.roles);
  const recorded = put(session, by, ...gate.facts, ...(request === null ? [] : [request]));
  return recorded.ok ? gate.refusal : recorded;
}

/** Why an intent that no offer covers is refused: what stands in its way, before what it would have been. */
function notOffered(session: Session, current: CurrentStep, intent: StepIntent): Answer {
  const { held, scope, data } = session.view();
  if (held !== null) return refused('E_HELD', `The session is held: ${held}`, 'Lift the hold first.');
  const [block] = data?.blocks ?? [];
  if (intent.type === 'run' && current.status === 'ready' && block !== undefined) {
    return refused(
      'E_DATA',
      `The data is not as it was: ${block.detail}`,
      'Repair it and measure again, or agree to it with a reason.',
    );
  }
  if (intent.type === 'run' && scope?.blocks === true) {
    return refused(
      'E_SCOPE',
      `It is not settled what goes back together: ${scope.open.join(', ')}.`,
      'Say for each whether it goes back, with a reason, or read the versions again.',
    );
  }
  return refused(
    'E_NOT_OFFERED',
    `“${intent.type}” is not possible while the step is ${current.status}.`,
    'Choose one of the ways offered.',
  );
}

const routeOf = (intent: StepIntent): string | null => (intent.type === 'route' ? intent.to : null);

/** Which offer covers an intent. */
const offeredAs: Readonly<Record<StepIntent['type'], Offer['intent']>> = {
  run: 'run',
  skip: 'skip',
  check_again: 'check_again',
  retry: 'retry',
  route: 'route',
  resolve_doubt: 'resolve_doubt',
  choose: 'choose',
  go_on: 'go_on',
  object: 'object',
  sign: 'sign',
  deny: 'sign',
  report: 'report',
  type_value: 'type_value',
  stop_command: 'stop_command',
};

async function answerOffer(
  session: Session,
  current: CurrentStep,
  offer: Offer,
  intent: StepIntent,
  by: string,
  /** Recorded with a start: by which right it was let through. */
  right: readonly Fact[] = [],
): Promise<Answer> {
  const at = { place: current.place, attempt: current.attempt };
  switch (intent.type) {
    case 'run':
      return (
        nameMissing(offer, intent, 'This', '') ??
        put(session, by, ...right, { type: 'operator.ran', ...at, by, typed: intent.typed })
      );
    case 'skip':
      return skip(session, current, offer, intent, by);
    case 'check_again':
      return checkAgain(session, current, by);
    case 'retry':
      return put(session, by, ...right, { type: 'operator.retried', ...at, by, reason: null });
    case 'route':
      return put(session, by, { type: 'operator.routed', ...at, by, to: intent.to, reason: intent.reason });
    case 'resolve_doubt':
      if (intent.reason.trim() === '') return noReason;
      return put(session, by, ...right, {
        type: 'doubt.resolved',
        ...at,
        by,
        as: intent.as,
        reason: intent.reason,
      });
    case 'choose':
      return choose(session, current, intent, by);
    case 'go_on':
      if (intent.reason.trim() === '') return noReason;
      return current.chosen === undefined
        ? noReason
        : put(session, by, madeOf(current.chosen, intent.reason.trim()));
    case 'object':
      if (intent.text.trim() === '')
        return refused('E_REASON', 'An objection says what speaks against it.', 'Say it in a few words.');
      return put(session, by, { type: 'objection.raised', ...at, by, text: intent.text.trim() });
    case 'sign':
      return sign(session, current, intent);
    case 'deny':
      if (intent.reason.trim() === '') return noReason;
      return put(session, by, { type: 'approval.denied', ...at, by, reason: intent.reason });
    case 'report':
      return report(session, current, intent, by);
    case 'type_value':
      return typeValue(session, current, intent.value, by);
    case 'stop_command':
      return (
        nameMissing(offer, intent, 'Stopping it half way', ', or let it end') ??
        stopCommand(session, current, by)
      );
  }
}

/** A refusal where the name of the target has to be typed and was not; null where it was, or is not asked for. */
function nameMissing(
  offer: Offer,
  intent: Extract<StepIntent, { type: 'run' | 'stop_command' }>,
  what: string,
  orElse: string,
): Answer | null {
  if (offer.intent !== intent.type || !('confirm' in offer) || offer.confirm !== 'name') return null;
  if (intent.typed === offer.name) return null;
  return refused(
    'E_NAME',
    `${what} needs the name of the target typed: ${offer.name ?? ''}.`,
    `Type it exactly${orElse}.`,
  );
}

function skip(
  session: Session,
  current: CurrentStep,
  offer: Offer,
  intent: Extract<StepIntent, { type: 'skip' }>,
  by: string,
): Answer {
  const { reason, override } = intent;
  if (reason.trim() === '') return noReason;
  if (offer.intent === 'skip' && offer.override && !override) {
    return refused(
      'E_REQUIRED',
      'This step may be passed over by an override only.',
      'Override with a reason, or run it.',
    );
  }
  const { place, attempt } = current;
  return put(
    session,
    by,
    { type: 'operator.skipped', place, attempt, by, reason, override },
    ...skippedApproval(session, current, reason, by),
    ...undoOwed(session, current, reason),
  );
}

/** Passing over an approval is never silent: somebody else owes its review. */
function skippedApproval(
  session: Session,
  current: CurrentStep,
  reason: string,
  by: string,
): readonly Fact[] {
  const step = session.options.compiled.book.steps.get(current.place.step);
  return step?.kind === 'approve' ? approvalReviewOwed(session, step, reason, by) : [];
}

/** Who asked for it is on record before the command is stopped. */
async function stopCommand(session: Session, current: CurrentStep, by: string): Promise<Answer> {
  const noted = put(session, by, { type: 'note.added', by, text: `Stop the command of ${current.attempt}.` });
  if (noted.ok) await session.options.ports.runner.stop(current.attempt);
  return noted;
}

async function checkAgain(session: Session, current: CurrentStep, by: string): Promise<Answer> {
  const at = { place: current.place, attempt: current.attempt };
  const step = session.options.compiled.book.steps.get(current.place.step) ?? null;
  if (current.status === 'in_doubt') {
    return put(session, by, ...(await readAfterCrash(jobNow(session, 'read_after_crash', current))));
  }
  // a decision that waits is asked at once when what it waits for is there sooner
  if (current.status === 'performing' && step?.kind === 'decide') {
    return put(session, by, await pose(jobNow(session, 'perform', current), step));
  }
  return put(session, by, { type: 'operator.retried', ...at, by, reason: null });
}
