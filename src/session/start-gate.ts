import { adviceOf } from '../judge/advice.ts';
import { judgeAuthority } from '../judge/authority.ts';
import type { Context } from '../machine/context.ts';
import { mutates } from '../machine/may-run.ts';
import type { Fact, FactOf } from '../machine/facts.ts';
import { spanText } from '../judge/figure-text.ts';
import { epochMsOf } from '../machine/iso-time.ts';
import { observationOf } from '../machine/observation.ts';
import type { CurrentStep } from '../machine/view.ts';
import type { Role, Runbook } from '../runbook/model.ts';
import type { Step } from '../runbook/model/step.ts';
import { calendarNow } from './calendar-watch.ts';
import type { Answer, Intent } from './intents.ts';
import type { Job } from './kit.ts';
import { instantReader, readerFor } from './kit.ts';
import type { Session } from './session.ts';

export type Block = FactOf<'authority.denied'>['blocks'][number];

/** Whether a person may start a change now, and by which right. */
export interface StartVerdict {
  /** What stands in the way; empty where they may. */
  readonly blocks: readonly Block[];
  readonly role: string | null;
  readonly level: FactOf<'authority.checked'>['level'];
  /** The rule that allowed it, counted from 1; null without rules. */
  readonly rule: number | null;
  readonly because: string;
  /** Roles that may, by the rules as they stand. */
  readonly roles: readonly string[];
}

/** Whether anything at all can stand in the way of a start in this runbook. */
export const isGated = ({ authority, override, calendar = [], evidence }: Runbook): boolean =>
  authority.length > 0 ||
  (override ?? null) !== null ||
  (evidence?.minObservationMs ?? null) !== null ||
  calendar.some(({ effect, classes }) => effect === 'forbid' && classes.includes('rollback'));

/** What starts a change: running, trying again, running once more. The way back is never held up. */
export function startsChange(current: CurrentStep, step: Step | undefined, intent: Intent): boolean {
  if (step === undefined || current.way !== 'forward' || step.kind === 'release' || !mutates(step))
    return false;
  if (intent.type === 'resolve_doubt') return intent.as === 'run_again';
  return intent.type === 'run' || intent.type === 'retry';
}

/** Judges a start by authority, and before the first change by calendar, triggers and how long they were watched. */
export async function judgeStart(job: Job, phase: string, by: string): Promise<StartVerdict> {
  const { runbook } = job.book;
  const context = job.context();
  const whens = runbook.authority.flatMap(({ when }) => (when === null ? [] : [when]));
  const reader = instantReader(job, whens) ?? (await readerFor(job, whens));
  const rules = runbook.authority.map(({ when, start, phases }) => {
    const here = phases === undefined || phases.includes(phase);
    const answer = when === null || !here ? null : reader.evaluate(when);
    const holds = !here
      ? ('fail' as const)
      : answer === null
        ? ('pass' as const)
        : !answer.ok || typeof answer.value !== 'boolean'
          ? ('unknown' as const)
          : answer.value
            ? ('pass' as const)
            : ('fail' as const);
    const detail = answer !== null && !answer.ok ? answer.detail : (when?.source ?? 'always');
    return { holds, detail, allows: standingIn(runbook, context, start, phase, by), roles: start };
  });
  const passedOver = overridden(context, by);
  const judged = judgeAuthority(rules);
  const first = context.starts.length === 0;
  const blocks = [
    ...(judged.allowed || passedOver.has('authority') ? [] : [authorityBlock(by, judged)]),
    ...(first && !passedOver.has('calendar') ? calendarBlocks(job) : []),
    ...(first && !passedOver.has('triggers') ? triggerBlocks(job) : []),
    ...(first ? observationBlocks(job) : []),
  ];
  const right = judged.allowed ? judged.right : null;
  return {
    blocks,
    role: right?.role ?? (judged.allowed ? null : 'break-glass'),
    level: right?.level ?? 'L0',
    rule: judged.rule,
    because: judged.because,
    roles: judged.roles,
  };
}

/** The first of some roles that a person has, proved where the role lists keys; null where they have none of them. */
function standingIn(
  runbook: Runbook,
  context: Context,
  roles: readonly string[],
  phase: string,
  by: string,
): { readonly role: string; readonly level: FactOf<'authority.checked'>['level'] } | null {
  for (const id of roles) {
    const role = runbook.roles.find((one) => one.id === id);
    if (role === undefined) continue;
    const proof = context.proofs.find((one) => one.phase === phase && one.role === id);
    if (proof !== undefined) return { role: id, level: proof.level };
    if (role.signers === null && holds(role, by)) return { role: id, level: 'L0' };
  }
  return null;
}

export const holds = (role: Role, user: string): boolean => role.anyone || role.users.includes(user);

function overridden(context: Context, by: string): ReadonlySet<Block['kind']> {
  return new Set(
    context.overrides.flatMap((one) => one.over.filter((kind) => kind !== 'authority' || one.by === by)),
  );
}

function authorityBlock(by: string, judged: ReturnType<typeof judgeAuthority>): Block {
  const may = judged.roles.length === 0 ? 'nobody may' : `${judged.roles.join(' or ')} may`;
  return {
    kind: 'authority',
    code: 'E_AUTHORITY',
    text: `${by} may not start this now: ${may} (${judged.because}).`,
  };
}

function calendarBlocks(job: Job): readonly Block[] {
  const { calendar = [] } = job.book.runbook;
  if (calendar.length === 0) return [];
  const { state, text } = calendarNow(job.options);
  return state === 'forbid'
    ? [{ kind: 'calendar', code: 'E_CALENDAR', text: `A planned rollback is forbidden now: ${text}.` }]
    : [];
}

/** A proposal to investigate is looked at for a while before anything is changed for it. */
function observationBlocks(job: Job): readonly Block[] {
  const observation = observationOf(job.book, job.context());
  const leftMs = observation == null ? 0 : epochMsOf(observation.until) - job.options.ports.clock.now().ms;
  if (observation == null || leftMs <= 0) return [];
  const text =
    `The numbers do not say roll back (${observation.because}): ` +
    `they are watched for ${spanText(observation.spanMs)} first, ${String(Math.ceil(leftMs / 1000))} s are left.`;
  return [{ kind: 'observation', code: 'E_OBSERVE', text }];
}

/** Where the runbook has an override, the numbers come first: what they do not advise takes one. */
function triggerBlocks(job: Job): readonly Block[] {
  const { triggers, decide, override } = job.book.runbook;
  if ((override ?? null) === null || triggers.length === 0) return [];
  const context = job.context();
  const { advice, because } = adviceOf(
    decide,
    triggers.map(({ id, advise }) => ({
      id,
      advise,
      // what fired in this session did, whatever it says by now
      state: context.fired.includes(id) ? 'FIRED' : (context.triggers[id]?.state ?? null),
      blind: false,
    })),
  );
  return advice === 'rollback'
    ? []
    : [{ kind: 'triggers', code: 'E_OVERRIDE', text: `The triggers do not say roll back: ${because}.` }];
}

/** Lets a start through, or refuses it; either way it is on record. Null where nothing is asked. */
export async function passGate(
  session: Session,
  job: Job,
  current: CurrentStep,
  intent: Intent,
  by: string,
): Promise<{
  readonly facts: readonly Fact[];
  readonly refusal: (Answer & { readonly ok: false }) | null;
} | null> {
  const { book } = session.options.compiled;
  const step = book.steps.get(current.place.step);
  if (!isGated(book.runbook) || step === undefined || !startsChange(current, step, intent)) return null;
  const at = { by, phase: step.phase, step: step.id };
  // who was let into a phase is not stopped half way through it
  if (session.context().starts.some((one) => one.by === by && one.phase === step.phase)) return null;
  const verdict = await judgeStart(job, step.phase, by);
  const [first] = verdict.blocks;
  if (first === undefined) {
    const { role, level, rule, because } = verdict;
    return { facts: [{ type: 'authority.checked', ...at, role, level, rule, because }], refusal: null };
  }
  const blocks = [...verdict.blocks];
  const roles = blocks.some(({ kind }) => kind === 'authority') ? [...verdict.roles] : [];
  return {
    facts: [{ type: 'authority.denied', ...at, intent: intent.type, blocks, roles }],
    refusal: {
      ok: false,
      code: first.code,
      message: blocks.map(({ text }) => text).join(' '),
      next: nextStep(blocks),
    },
  };
}

function nextStep(blocks: readonly Block[]): string {
  if (blocks.some(({ kind }) => kind === 'authority'))
    return 'Escalate, hand in a signature of one who may, or break glass by override.';
  if (blocks.every(({ kind }) => kind === 'observation'))
    return 'Watch the numbers until then, or say by override why it cannot wait.';
  if (blocks.some(({ kind }) => kind === 'calendar'))
    return 'Wait for the quiet time, or say by override that this is an emergency.';
  return 'Wait for the triggers, or override them with evidence and a reason.';
}

/** Whether a request for a proof of authority still counts. */
export const requestOpen = (context: Context, nowMs: number): boolean =>
  context.authorityRequest !== null && nowMs < epochMsOf(context.authorityRequest.expiresAt);
