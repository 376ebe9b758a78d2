import { recordAt } from '../machine/context.ts';
import { commandersOf } from '../machine/command.ts';
import type { Fact } from '../machine/facts.ts';
import type { CurrentStep, Offer } from '../machine/view.ts';
import type { Work } from '../machine/work.ts';
import { epochMsOf, isoOf } from '../machine/iso-time.ts';
import { OperatorError } from '../errors.ts';
import type { Template } from '../runbook/model/values.ts';
import type { Answer, Intent } from './intents.ts';
import type { Job } from './kit.ts';
import { readerFor } from './kit.ts';
import { maskIntent } from './mask-intent.ts';
import { noReason, put, refused } from './refusals.ts';
import { requestFor } from './prove-authority.ts';
import { approvalReviewOwed } from './review-owed.ts';
import { undoOwed } from './undo-owed.ts';
import type { Session } from './session.ts';
import { passGate, startsChange } from './start-gate.ts';
import { proved } from './workers/check.ts';
import { madeOf, pose } from './workers/decide.ts';
import { readAfterCrash } from './workers/others.ts';
import { answerSession } from './answer-session.ts';

type StepIntent = Extract<Intent, { attempt: string }>;

/** Answers an intent: turns it into facts with the person's name on them, or refuses it with a reason. */
export async function answerIntent(session: Session, intent: Intent, by: string): Promise<Answer> {
  const trouble = session.trouble();
  if (trouble !== null) return refused('E_NOT_RECORDING', trouble.message, trouble.nextSteps[0]);
  const masked = maskIntent(intent, (text) => session.options.ports.redactor.text(text));
  const answer =
    'attempt' in masked ? await answerStep(session, masked, by) : await answerSession(session, masked, by);
  if (!answer.ok && answer.code === 'E_DENIED') {
    session.dispatch(
      [{ type: 'intent.refused', by, intent: intent.type, code: answer.code, message: answer.message }],
      by,
    );
  }
  return answer;
}

async function answerStep(session: Session, intent: StepIntent, by: string): Promise<Answer> {
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
  if (offer === undefined) {
    const { held, scope } = session.view();
    const [block] = session.view().data?.blocks ?? [];
    if (held === null && intent.type === 'run' && current.status === 'ready' && block !== undefined) {
      return refused(
        'E_DATA',
        `The data is not as it was: ${block.detail}`,
        'Repair it and measure again, or agree to it with a reason.',
      );
    }
    if (held === null && intent.type === 'run' && scope?.blocks === true) {
      return refused(
        'E_SCOPE',
        `It is not settled what goes back together: ${scope.open.join(', ')}.`,
        'Say for each whether it goes back, with a reason, or read the versions again.',
      );
    }
    return held === null
      ? refused(
          'E_NOT_OFFERED',
          `“${intent.type}” is not possible while the step is ${current.status}.`,
          'Choose one of the ways offered.',
        )
      : refused('E_HELD', `The session is held: ${held}`, 'Lift the hold first.');
  }
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
      if (offer.intent === 'run' && offer.confirm === 'name' && intent.typed !== offer.name) {
        return refused(
          'E_NAME',
          `This needs the name of the target typed: ${offer.name ?? ''}.`,
          'Type it exactly.',
        );
      }
      return put(session, by, ...right, { type: 'operator.ran', ...at, by, typed: intent.typed });
    case 'skip':
      if (intent.reason.trim() === '') return noReason;
      if (offer.intent === 'skip' && offer.override && !intent.override) {
        return refused(
          'E_REQUIRED',
          'This step may be passed over by an override only.',
          'Override with a reason, or run it.',
        );
      }
      return put(
        session,
        by,
        {
          type: 'operator.skipped',
          ...at,
          by,
          reason: intent.reason,
          override: intent.override,
        },
        ...skippedApproval(session, current, intent.reason, by),
        ...undoOwed(session, current, intent.reason),
      );
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
      if (offer.intent === 'stop_command' && offer.confirm === 'name' && intent.typed !== offer.name) {
        return refused(
          'E_NAME',
          `Stopping it half way needs the name of the target typed: ${offer.name ?? ''}.`,
          'Type it exactly, or let it end.',
        );
      }
      return stopCommand(session, current, by);
  }
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

/** A job for what a person asks for now; its probes have limits of their own. */
function jobNow(session: Session, kind: Work['kind'], { place, attempt }: CurrentStep): Job {
  const step = session.options.compiled.book.steps.get(place.step) ?? null;
  return session.jobFor({ key: attempt, kind, place, attempt, step }, new AbortController().signal);
}

function choose(
  session: Session,
  current: CurrentStep,
  intent: Extract<Intent, { type: 'choose' }>,
  by: string,
): Answer {
  const { question } = current;
  const option = question?.options.find(({ id }) => id === intent.option);
  if (question === null || option === undefined) {
    const known = question?.options.map(({ id }) => id).join(', ') ?? '';
    return refused('E_OPTION', `“${intent.option}” is not an option here.`, `Choose one of: ${known}.`);
  }
  if (option.offered === 'fail')
    return refused('E_CLOSED', `${option.title} is not open: ${option.why}`, 'Choose another option.');
  const missing = option.needs.filter((field) => (intent.fields[field] ?? '').trim() === '');
  if (missing.length > 0)
    return refused('E_FIELDS', `${option.title} needs: ${missing.join(', ')}.`, 'Fill them in.');
  const reason = intent.reason?.trim() ?? '';
  const against = question.recommended !== null && question.recommended !== option.id;
  if (reason === '' && (against || option.offered === 'unknown')) {
    const why = against ? 'against the recommendation' : 'over something unknown';
    return refused('E_REASON', `Choosing ${why} needs a reason.`, 'Say why in a few words.');
  }
  const step = session.options.compiled.book.steps.get(current.place.step);
  const again = step?.kind === 'decide' && step.options.find(({ id }) => id === option.id)?.again === true;
  const againAt = again ? askedAgainAt(session, intent.fields) : null;
  if (again && againAt === null) {
    return refused(
      'E_UNTIL',
      'Say until when: a span like 2m, or a time like 14:30.',
      'Fill in `until` again.',
    );
  }
  const context = session.context();
  const consulted = intent.consulted?.trim() ?? '';
  const choice = {
    place: current.place,
    attempt: current.attempt,
    by,
    option: option.id,
    title: option.title,
    reason: reason === '' ? null : reason,
    fields: { ...intent.fields },
    objection: intent.objection,
    shownAt: current.since,
    recommended: question.recommended,
    againAt,
    because: question.because,
    consulted: consulted === '' ? null : consulted,
    present: [...new Set(Object.values(context.present))],
    seen: [...question.facts],
    triggers: Object.values(context.triggers).map(({ id, state, value }) => ({ id, state, value })),
  };
  const waitsMs = step?.kind === 'decide' && !again ? step.objectionsMs : null;
  if (waitsMs === null) return put(session, by, { type: 'decision.made', ...choice });
  const { speed } = session.view().session;
  const until = isoAfter(session.options.ports.clock.now().iso, Math.round(waitsMs / speed));
  return put(session, by, { type: 'decision.chosen', ...choice, until });
}

/** `until` as a span from now (`90s`, `2m`, `1h`) or a time of day (`14:30`, UTC); at least a second ahead. */
function askedAgainAt(session: Session, fields: Readonly<Record<string, string>>): string | null {
  const until = fields['until']?.trim() ?? '';
  const now = session.options.ports.clock.now();
  const span = /^(\d{1,5})\s*(s|m|h)$/.exec(until);
  if (span !== null) {
    const unit = { s: 1000, m: 60_000, h: 3_600_000 }[span[2] as 's' | 'm' | 'h'];
    return isoAfter(now.iso, Math.max(1000, Number(span[1]) * unit));
  }
  const time = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(until);
  if (time === null) return null;
  const todayAt = epochMsOf(
    `${now.iso.slice(0, 10)}T${(time[1] ?? '').padStart(2, '0')}:${time[2] ?? '00'}:00Z`,
  );
  const ahead = todayAt - now.ms;
  return isoAfter(now.iso, ahead > 0 ? ahead : ahead + 86_400_000);
}

const isoAfter = (iso: string, ms: number): string => isoOf(epochMsOf(iso) + ms);

/** A signature counts when it is by another person of the role, over exactly the request that is shown. */
async function sign(
  session: Session,
  current: CurrentStep,
  intent: Extract<Intent, { type: 'sign' }>,
): Promise<Answer> {
  const { approval } = current;
  const step = session.options.compiled.book.steps.get(current.place.step);
  if (approval === null || step?.kind !== 'approve') {
    return refused('E_NOT_OFFERED', 'No approval is asked for here.', 'Look at the current step.');
  }
  const role = session.options.compiled.book.runbook.roles.find(({ id }) => id === step.approval.role);
  const denied = (message: string): Answer =>
    refused('E_DENIED', message, 'Ask a person who may approve this to sign the request.');
  if (role?.signers === null || role === undefined) {
    return denied(`The role ${step.approval.role} lists no signers: nobody can prove who they are.`);
  }
  if (!role.anyone && !role.users.includes(intent.principal))
    return denied(`${intent.principal} does not have the role ${role.id}.`);
  const asked = commandersOf(session.context());
  if (asked.includes(intent.principal))
    return denied(`${intent.principal} asked for this and cannot approve it.`);
  const barred = session.options.compiled.book.runbook.roles.find(({ id }) => id === step.approval.not);
  if (barred?.users.includes(intent.principal) === true)
    return denied(`${intent.principal} has the role ${barred.id}, which cannot approve this.`);
  if (approval.given.includes(intent.principal))
    return denied(`${intent.principal} has approved this already.`);
  if (approval.expiresAt !== null && session.options.ports.clock.now().ms >= epochMsOf(approval.expiresAt)) {
    return denied('The request has expired; a new one is being asked for.');
  }
  const { signers } = role;
  const verifiedAs = (principal: string) =>
    session.options.ports.signatures.verify(approval.request, intent.signature, principal, signers);
  const verified = await verifiedAs(intent.principal);
  if (!verified.ok) return denied(`The signature does not count: ${verified.detail}`);
  const names = verified.names ?? [intent.principal];
  for (const requester of asked) {
    if (names.includes(requester) || (await verifiedAs(requester)).ok)
      return denied(`The key is also one of ${requester}, who asked for this.`);
  }
  const before = recordAt(session.context(), current.place)?.approval;
  if (before?.keys.includes(verified.key) === true)
    return denied('This key has approved the request already, under another name.');
  if (before?.names.some((name) => names.includes(name)) === true)
    return denied(`${intent.principal} has approved this already, under another name.`);
  return put(session, intent.principal, {
    type: 'approval.given',
    place: current.place,
    attempt: current.attempt,
    by: intent.principal,
    principal: intent.principal,
    key: verified.key,
    signature: intent.signature,
    level: verified.level,
    names: [...names],
    signer: verified.signer ?? null,
  });
}

function report(
  session: Session,
  current: CurrentStep,
  intent: Extract<Intent, { type: 'report' }>,
  by: string,
): Answer {
  if (current.evidence['text'] === 'required' && intent.text.trim() === '') {
    return refused(
      'E_EVIDENCE',
      'This step asks for what was seen, not for a tick.',
      'Say in a few words what you saw.',
    );
  }
  if (current.evidence['link'] === 'required' && (intent.link ?? '').trim() === '') {
    return refused('E_EVIDENCE', 'This step asks for a link to what was seen.', 'Paste the link.');
  }
  const { place, attempt } = current;
  const { text, link, result } = intent;
  const reported: Fact = { type: 'person.reported', place, attempt, by, text, link, result };
  const debt = recordAt(session.context(), place)?.debt ?? null;
  const proves = debt !== null && current.status === 'verifying' && result === 'pass';
  return put(session, by, reported, ...(proves ? [proved(debt, by, text)] : []));
}

/** The value is asked for, never shown: it has to be read off the system. */
async function typeValue(session: Session, current: CurrentStep, value: string, by: string): Promise<Answer> {
  const at = { place: current.place, attempt: current.attempt };
  const step = session.options.compiled.book.steps.get(current.place.step);
  if (step?.kind !== 'confirm')
    return refused('E_NOT_OFFERED', 'No value is asked for here.', 'Look at the current step.');
  const wanted = await valueAsked(jobNow(session, 'perform', current), step.value);
  if (!wanted.ok)
    return refused('E_UNSET', wanted.detail, 'Try again once it can be read, or skip with a reason.');
  const matches = value.trim() === wanted.text.trim();
  const masked = session.options.ports.redactor.text(value);
  const answer = put(session, by, { type: 'value.typed', ...at, by, value: masked, matches });
  if (!answer.ok || matches) return answer;
  return refused(
    'E_VALUE',
    `“${masked}” is not the value that is asked for.`,
    'Read it off the system again.',
  );
}

async function valueAsked(
  job: Job,
  template: Template,
): Promise<{ readonly ok: true; readonly text: string } | { readonly ok: false; readonly detail: string }> {
  try {
    return { ok: true, text: (await readerFor(job, [template])).text(template) };
  } catch (error) {
    if (error instanceof OperatorError) return { ok: false, detail: error.message };
    throw error;
  }
}
