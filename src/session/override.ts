import type { Context } from '../machine/context.ts';
import type { Fact, FactOf } from '../machine/facts.ts';
import { epochMsOf, isoOf } from '../machine/iso-time.ts';
import type { Override } from '../runbook/model/criteria.ts';
import type { Runbook } from '../runbook/model.ts';
import type { Answer, Intent } from './intents.ts';
import type { Job } from './kit.ts';
import { refused as refusal, uncounted } from './refusals.ts';
import type { Session } from './session.ts';
import { targetOf } from './shown.ts';
import { checkApproval } from './signed-afterwards.ts';
import type { Block } from './start-gate.ts';
import { holds, judgeStart } from './start-gate.ts';

type Refusal = Answer & { readonly ok: false };
type Told = { readonly facts: readonly Fact[] } | { readonly refused: Refusal };

const refused = (...told: Parameters<typeof refusal>): { readonly refused: Refusal } => ({
  refused: refusal(...told),
});

const dayMs = 86_400_000;

/** What a start without a rule for it takes where the runbook says nothing of overrides: break-glass is never closed. */
const overrideOf = ({ override, roles }: Runbook): Override =>
  override ?? { roles: roles.map(({ id }) => id), evidence: 0, secondPerson: false, retroApprovalMs: dayMs };

/** No id of a runbook has a dash, so this debt cannot be taken for one of its own. */
const retroKey = (number: number): string => `override-${number}`;

/**
 * Starts by override: over whatever stands in the way now. What is missing of evidence, reason, name or second person is
 * refused; a retro-approval is owed from then on.
 */
export async function useOverride(
  session: Session,
  job: Job,
  intent: Extract<Intent, { type: 'override' }>,
  by: string,
): Promise<Told> {
  const { runbook } = session.options.compiled.book;
  const context = session.context();
  const phase = phaseAtHand(session);
  const standing = phase === null ? null : await judgeStart(job, phase, by);
  if (standing === null || phase === null || standing.blocks.length === 0)
    return refused(
      'E_NOT_NOW',
      'Nothing stands in the way that an override would lift.',
      'Go on with the step.',
    );
  const { blocks } = standing;
  const over = new Set(blocks.map(({ kind }) => kind));
  const rule = overrideOf(runbook);
  if (intent.reason.trim() === '')
    return refused(
      'E_REASON',
      'An override needs a reason.',
      'Say in a few words why it is right all the same.',
    );
  const target = targetOf(job);
  if (intent.system.trim() !== target)
    return refused(
      'E_NAME',
      `An override takes the name of the system typed: ${target}.`,
      'Type it exactly.',
    );
  const evidence = intent.evidence.filter(({ text }) => text.trim() !== '');
  if (over.has('triggers') && evidence.length < rule.evidence) {
    const wanted = `${rule.evidence} ${rule.evidence === 1 ? 'piece' : 'pieces'}`;
    return refused(
      'E_EVIDENCE',
      `An override needs ${wanted} of evidence.`,
      'Say what shows it, and of which kind.',
    );
  }
  const second = intent.second?.trim() ?? '';
  const needsSecond = over.has('authority') || (over.has('triggers') && rule.secondPerson);
  if (needsSecond && (second === '' || second === by))
    return refused(
      'E_SECOND',
      'This needs a second person who is not you.',
      'Name who agrees; they owe the approval.',
    );
  if (over.has('triggers') && !mayOverride(runbook, rule, context, phase, by)) {
    const roles = rule.roles.join(' or ');
    return refused(
      'E_DENIED',
      `${by} may not override the triggers: ${roles} may.`,
      'Escalate to one who may.',
    );
  }
  return {
    facts: factsOf(session, job, intent, by, { phase, blocks, evidence, second: second || null, rule }),
  };
}

/** Where the role lists keys it has to be proved, as for a start. */
function mayOverride(runbook: Runbook, rule: Override, context: Context, phase: string, by: string): boolean {
  return rule.roles.some((id) => {
    const role = runbook.roles.find((one) => one.id === id);
    if (role === undefined) return false;
    return role.signers === null
      ? holds(role, by)
      : context.proofs.some((one) => one.phase === phase && one.role === id);
  });
}

/** The phase of the step that waits to be started. */
export function phaseAtHand(session: Session): string | null {
  const { steps } = session.options.compiled.book;
  const at = session.view().current.find(({ way }) => way === 'forward');
  return at === undefined ? null : (steps.get(at.place.step)?.phase ?? null);
}

interface Used {
  readonly phase: string;
  readonly blocks: readonly Block[];
  readonly evidence: readonly { readonly kind: EvidenceKind; readonly text: string }[];
  readonly second: string | null;
  readonly rule: Override;
}

type EvidenceKind = FactOf<'override.used'>['evidence'][number]['kind'];

function factsOf(
  session: Session,
  job: Job,
  intent: Extract<Intent, { type: 'override' }>,
  by: string,
  { phase, blocks, evidence, second, rule }: Used,
): readonly Fact[] {
  const context = session.context();
  const now = session.options.ports.clock.now();
  const key = retroKey(context.overrides.length + 1);
  const over = blocks.map(({ kind }) => kind);
  // an emergency inside a forbidden time is declared and recorded; what a rule or a number forbids is reviewed as well
  const owed = over.some((kind) => kind !== 'calendar');
  const due = owed ? isoOf(now.ms + rule.retroApprovalMs) : null;
  const reason = intent.reason.trim();
  const because = blocks.map(({ text }) => text);
  const request = [
    'walkback override approval 1',
    `session: ${context.session}`,
    `override: ${key}`,
    `target: ${targetOf(job)}`,
    `runbook: ${context.started?.runbook.hash ?? ''}`,
    `used by: ${by} at ${now.iso}`,
    `second person: ${second ?? 'none'}`,
    `over: ${over.join(', ')}`,
    ...because.map((text) => `although: ${oneLine(text)}`),
    `reason: ${oneLine(reason)}`,
    ...evidence.map(({ kind, text }) => `evidence: ${kind}: ${oneLine(text)}`),
    `due: ${due ?? 'no approval is owed'}`,
    '',
  ].join('\n');
  const used: Fact = {
    type: 'override.used',
    by,
    phase,
    key,
    over,
    because,
    reason,
    evidence: [...evidence],
    system: intent.system.trim(),
    second,
    due,
    request,
  };
  if (due === null) return [used];
  const title = `Approve ${key} by ${by} afterwards`;
  return [
    used,
    {
      type: 'obligation.opened',
      by,
      obligation: {
        key,
        id: 'retro-approval',
        title,
        ttlMs: rule.retroApprovalMs,
        release: [],
      },
      due,
      reason: `started by override: ${reason}`,
    },
  ];
}

/** What is signed is read line by line: no value may pretend to be another line. */
const oneLine = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

/** Approves an override afterwards, or makes a review: somebody else, by a signature over exactly what was done. */
export async function approveOverride(
  session: Session,
  intent: Extract<Intent, { type: 'approve_override' }>,
): Promise<Told> {
  const context = session.context();
  const used = [...context.overrides, ...context.reviews].find(({ key }) => key === intent.key);
  const debt = context.obligations[intent.key];
  if (used === undefined || debt === undefined || debt.state === 'proved')
    return refused(
      'E_DEBT',
      `No approval of ${intent.key} is owed.`,
      'List what is owed: walkback obligations.',
    );
  const { book } = session.options.compiled;
  const verdict = await checkApproval(book.runbook, used, intent, session.options.ports.signatures.verify);
  if ('facts' in verdict) return verdict;
  const next = 'Ask somebody else who may to sign it.';
  return verdict.uncounted === undefined
    ? refused('E_DENIED', verdict.refused, next)
    : { refused: uncounted(verdict.uncounted, session.context().session, next) };
}

/** Why a retro-approval cannot be settled in this way; null for any other debt, and for one that is carried rightly. */
export function whyNotSettled(
  context: Context,
  intent: Extract<Intent, { type: 'waive' | 'carry' | 'release' }>,
): { readonly refused: Refusal } | null {
  const used = context.overrides.find(({ key, due }) => key === intent.key && due !== null);
  if (used === undefined || used.due === null) return null;
  if (intent.type !== 'carry') {
    return refused(
      'E_RETRO',
      `${intent.key} is settled by an approval only.`,
      'Somebody else signs it; until then it can be carried to them.',
    );
  }
  if (intent.owner.trim() === '' || intent.owner.trim() === used.by)
    return refused(
      'E_OWNER',
      `${intent.key} is carried to somebody else than ${used.by}.`,
      'Name who will approve it.',
    );
  const due = epochMsOf(intent.due);
  if (Number.isNaN(due) || due > epochMsOf(used.due))
    return refused(
      'E_DUE',
      `${intent.key} is due by ${used.due} at the latest.`,
      'Give that time or an earlier one.',
    );
  return null;
}
