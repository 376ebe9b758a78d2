import { newestOf } from '../../machine/places.ts';
import type { FactOf } from '../../machine/facts.ts';
import type { Reading } from '../../machine/facts/values.ts';
import { gatesOf, isUsed, openedBy } from '../../machine/gates.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import type { Step, StepOf } from '../../runbook/model/step.ts';
import type { Template } from '../../runbook/model/values.ts';
import type { Job } from '../kit.ts';
import { instantReader } from '../kit.ts';
import { OperatorError } from '../../errors.ts';
import type { Uncounted } from '../ports.ts';
import { changedListNext } from '../refusals.ts';

/** What a gated step is about to do, as it is written into the request and compared with at its start. */
export type Gated = NonNullable<FactOf<'approval.requested'>['gated']>[number];

const rawText = ({ parts }: Template): string =>
  parts.map((part) => (typeof part === 'string' ? part : `{${part.source}}`)).join('');

/** A text with what is known when the approval is asked for; a place that is filled only later is named. */
function knownText(job: Job, template: Template): string {
  const reader = instantReader(job, [template]);
  if (reader === null) return rawText(template);
  try {
    return job.options.ports.redactor.text(reader.text(template));
  } catch (error) {
    if (error instanceof OperatorError) return rawText(template);
    throw error;
  }
}

function contentOf(job: Job, step: Step, text: (template: Template) => string): Gated {
  if (step.kind === 'manual')
    return { step: step.id, argv: null, env: {}, where: 'by hand', text: text(step.text) };
  if (step.kind !== 'run') return { step: step.id, argv: null, env: {}, where: '', text: '' };
  const { program, env, where } = step.command;
  return {
    step: step.id,
    argv: program.kind === 'argv' ? program.argv.map(text) : ['sh', '-c', program.script],
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, text(value)])),
    where: 'name' in where ? `${where.kind} ${text(where.name)}` : where.kind,
    text: '',
  };
}

/** Every change that an approval opens, with argv, environment and place as far as they are known. */
export const gatedContent = (job: Job, gate: StepOf<'approve'>): readonly Gated[] =>
  openedBy(job.book, gate).map((step) => contentOf(job, step, (template) => knownText(job, template)));

/** One line of the request: read by the person who signs, and compared with again at the start. */
export function gatedLine({ step, argv, env, where, text }: Gated, title: string): string {
  const does = argv === null ? text : JSON.stringify(argv);
  const with_ = Object.keys(env).length === 0 ? '' : ` with ${JSON.stringify(env)}`;
  return `opens: ${step} (${title}): ${does}${with_} on ${where}`.replaceAll(/\s*\n\s*/g, ' ');
}

/**
 * The approvals before a step, read again at the last moment: given, fresh, by keys that still count, over exactly
 * what starts now. Nothing to say where the step needs none.
 */
export async function readApprovals(job: Job): Promise<readonly Reading[]> {
  const gates = gatesOf(job.book, job.work.step);
  return Promise.all(gates.map((gate) => readApproval(job, gate)));
}

async function readApproval(job: Job, gate: StepOf<'approve'>): Promise<Reading> {
  const context = job.context();
  const record = newestOf(context, gate.id);
  const say = (result: Reading['result'], code: string | null, detail: string): Reading => ({
    subject: `approval ${gate.id}`,
    result,
    value: JSON.stringify(record?.approval?.given ?? []),
    expected: `${String(gate.approval.count)} of ${gate.approval.role}`,
    code,
    detail,
    unit: null,
  });
  // an approval that its `when` does not ask for, or that was passed over by override: both are on record
  if (record?.status === 'skipped') return say('pass', null, record.problem?.detail ?? 'not asked for');
  const approval = record?.approval ?? null;
  if (record?.status !== 'done' || approval === null)
    return say('fail', 'approval_missing', `${gate.id} has not been approved`);
  const { expiresAt } = approval;
  const late = expiresAt !== null && job.options.ports.clock.now().ms >= epochMsOf(expiresAt);
  if (late && !isUsed(job.book, context, gate, record))
    return say('fail', 'approval_expired', 'the approval was not used in time');
  const other = otherContent(job, approval);
  if (other !== null) return say('fail', 'approval_other', other);
  const wrong = await noLongerValid(job, gate, approval);
  if (wrong !== null)
    return wrong.code === 'signers_changed'
      ? say('fail', wrong.code, `${wrong.detail} ${changedListNext(context.session)}`)
      : say('fail', 'approval_revoked', wrong.detail);
  return say('pass', null, `by ${approval.given.join(', ')}, verified again now`);
}

/** Why what starts now is not what was approved, or null. */
function otherContent(job: Job, approval: FactOf<'approval.requested'>): string | null {
  const { step } = job.work;
  const { gated = [] } = approval;
  if (step === null || gated.length === 0) return null; // recorded before requests held their contents
  const approved = gated.find((one) => one.step === step.id);
  if (approved === undefined) return `${step.id} is not in the request that was approved`;
  const named = contentOf(job, step, rawText);
  const now = contentOf(job, step, (template) => knownText(job, template));
  // a place that was named in the request may be filled by now; a value that was shown must be the same
  const same = (shown: string | undefined, name: string | undefined, value: string | undefined): boolean =>
    shown === value || (shown === name && shown !== undefined && shown.includes('{'));
  const argvSame =
    (approved.argv ?? []).length === (now.argv ?? []).length &&
    (approved.argv ?? []).every((shown, at) => same(shown, named.argv?.[at], now.argv?.[at]));
  const names = new Set([...Object.keys(approved.env), ...Object.keys(now.env)]);
  const envSame = [...names].every((name) => same(approved.env[name], named.env[name], now.env[name]));
  if (argvSame && envSame && same(approved.where, named.where, now.where)) {
    if (step.kind !== 'manual' || same(approved.text, named.text, now.text)) return null;
  }
  const shown = approved.argv === null ? approved.text : JSON.stringify(approved.argv);
  const starts = now.argv === null ? now.text : JSON.stringify(now.argv);
  return `approved was ${shown}, and what would start is ${starts}`;
}

/** Why the signatures are not enough any more, or null: keys are revoked and rosters change between yes and start. */
async function noLongerValid(
  job: Job,
  gate: StepOf<'approve'>,
  approval: FactOf<'approval.requested'> & { readonly signed: readonly Signed[] },
): Promise<Pick<Uncounted, 'code' | 'detail'> | null> {
  const signers = job.book.runbook.roles.find(({ id }) => id === gate.approval.role)?.signers ?? null;
  if (signers === null) return { detail: `the role ${gate.approval.role} lists no signers` };
  // recorded before signatures were kept with the request
  if (approval.signed.length === 0) return null;
  const people = new Set<string>();
  for (const { principal, signature } of approval.signed) {
    const verified = await job.options.ports.signatures.verify(
      approval.request,
      signature,
      principal,
      signers,
    );
    if (!verified.ok)
      return verified.code === undefined ? { detail: `${principal}: ${verified.detail}` } : verified;
    const names = verified.names ?? [principal];
    if (names.some((name) => people.has(name)))
      return { detail: `${principal} has signed under another name too` };
    for (const name of names) people.add(name);
  }
  return approval.signed.length < gate.approval.count ? { detail: 'not everybody has signed' } : null;
}

export interface Signed {
  readonly principal: string;
  readonly signature: string;
}
