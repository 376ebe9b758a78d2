import type { DataBlock } from '../machine/data-state.ts';
import { dataBlocks, measuresData } from '../machine/data.ts';
import { dataRequest } from '../machine/data-view.ts';
import type { Fact } from '../machine/facts.ts';
import type { Role } from '../runbook/model.ts';
import { watchingJob } from './escalate.ts';
import type { Answer, Intent } from './intents.ts';
import { refused, uncounted } from './refusals.ts';
import { reviewOwed } from './review-owed.ts';
import type { Session } from './session.ts';
import { measureData } from './workers/invariants.ts';

type Put = (...facts: readonly Fact[]) => Answer;
type Refusal = Extract<Answer, { ok: false }>;

/** Measures the data now, because a person asks. */
export async function measureAgain(session: Session, put: Put): Promise<Answer> {
  if (!measuresData(session.options.compiled.book.runbook))
    return refused('E_NO_DATA', 'The runbook measures no data.', 'Add `invariants` to it.');
  const { due } = session.context().data;
  const job = watchingJob(session, new AbortController().signal);
  const moment = { moment: 'again', step: due?.step ?? '', effectOf: '' } as const;
  return put(...(await measureData(job, moment)));
}

/**
 * Agrees to the data as it stands, so that the way on is open. Where a role has to agree, it must be a person of that
 * role: by signature where the role lists keys, else by the name of who drives. An override goes past that, and is
 * owed a review.
 */
export async function acceptData(
  session: Session,
  intent: Extract<Intent, { type: 'accept_data' }>,
  by: string,
  put: Put,
): Promise<Answer> {
  const { book } = session.options.compiled;
  const blocks = dataBlocks(book, session.context());
  if (blocks.length === 0)
    return refused('E_NOT_NOW', 'Nothing in the data keeps you from going on.', 'Go on.');
  if (intent.reason.trim() === '')
    return refused('E_REASON', 'A reason is needed.', 'Say why in a few words.');
  const authors = blocks.find(({ code }) => code === 'author_error');
  if (authors !== undefined && !intent.override)
    return refused(
      'E_AUTHOR',
      authors.detail,
      'Correct the runbook; or override with a reason, and look at the data yourself.',
    );
  const wanted = blocks.find(({ role }) => role !== null)?.role ?? null;
  const role = book.runbook.roles.find(({ id }) => id === wanted) ?? null;
  const who = intent.override || role === null ? asserted(by) : await agreed(session, intent, role, by);
  if ('ok' in who) return who;
  return put(
    {
      type: 'data.accepted',
      by,
      items: blocks.map(({ id, code, value }) => ({ id, code, value })),
      reason: intent.reason,
      role: wanted,
      ...who,
      override: intent.override,
    },
    ...(intent.override ? dataReviewOwed(session, blocks, role?.id ?? null, intent.reason, by) : []),
  );
}

interface Who {
  readonly principal: string | null;
  readonly key: string | null;
  readonly signature: string | null;
  readonly level: 'L0' | 'L1' | 'L2';
}

const asserted = (by: string): Who => ({ principal: by, key: null, signature: null, level: 'L0' });

async function agreed(
  session: Session,
  intent: Extract<Intent, { type: 'accept_data' }>,
  role: Role,
  by: string,
): Promise<Who | Refusal> {
  const next = `Ask a person of ${role.id}, or override with a reason.`;
  const denied = (message: string): Refusal => refused('E_DENIED', message, next);
  if (role.signers === null) {
    if (role.anyone || role.users.includes(by)) return asserted(by);
    return denied(`${by} does not have the role ${role.id}, whose data this is.`);
  }
  const { principal, signature } = intent;
  if (principal === null || signature === null)
    return denied(`The role ${role.id} agrees by a signature over the request.`);
  if (!role.anyone && !role.users.includes(principal))
    return denied(`${principal} does not have the role ${role.id}.`);
  const started = session.context().started?.by ?? '';
  if (principal === started) return denied(`${principal} drives this rollback and cannot agree to its loss.`);
  const request = dataRequest(session.options.compiled.book, session.context());
  const verify = (name: string) =>
    session.options.ports.signatures.verify(request, signature, name, role.signers ?? '');
  const verified = await verify(principal);
  if (!verified.ok) return uncounted(verified, session.context().session, next);
  if (verified.names?.includes(started) === true || (await verify(started)).ok)
    return denied(`The key is also one of ${started}, who drives this rollback.`);
  return { principal, key: verified.key, signature, level: verified.level };
}

/** Going past the owner of the data is owed a review, by a date: it does not keep the session from closing. */
function dataReviewOwed(
  session: Session,
  blocks: readonly DataBlock[],
  role: string | null,
  reason: string,
  by: string,
): readonly Fact[] {
  // no id of a runbook has a dash, so this debt cannot be taken for one of its own
  const key = `data-review-${session.context().data.accepted.length + 1}`;
  return reviewOwed(session, {
    key,
    id: key,
    title: `Review: ${blocks.map(({ detail }) => detail).join('; ')}`,
    role,
    owner: session.options.compiled.book.runbook.owner,
    ttlMs: null,
    by,
    why: `the data was overridden by ${by}: ${reason}`,
    about: blocks.map(({ id, detail }) => `data: ${id}: ${detail}`),
  });
}
