import { createHash } from 'node:crypto';
import type { Fact } from '../machine/facts.ts';
import { isoOf } from '../machine/iso-time.ts';
import type { Answer, Intent } from './intents.ts';
import type { Job } from './kit.ts';
import { refused, uncounted } from './refusals.ts';
import type { Session } from './session.ts';
import { targetOf } from './shown.ts';
import { requestOpen } from './start-gate.ts';

/** A request that nobody signed within this time is asked anew: an old signature lets nobody in later. */
const validMs = 15 * 60_000;

/**
 * What one who may start is asked to sign, once a start was denied for want of them. Null where no role that may lists
 * keys, or where the request at hand still counts.
 */
export function requestFor(session: Session, job: Job, phase: string, roles: readonly string[]): Fact | null {
  const context = session.context();
  const { runbook } = session.options.compiled.book;
  const proving = runbook.roles
    .filter(({ id, signers }) => signers !== null && roles.includes(id))
    .map(({ id }) => id);
  const now = session.options.ports.clock.now();
  if (proving.length === 0) return null;
  if (requestOpen(context, now.ms) && context.authorityRequest?.phase === phase) return null;
  const expiresAt = isoOf(now.ms + validMs);
  const request = [
    'walkback authority request 1',
    `session: ${context.session}`,
    `asks: start of the phase ${phase}`,
    `roles: ${proving.join(', ')}`,
    `target: ${targetOf(job)}`,
    `runbook: ${context.started?.runbook.id ?? ''} ${context.started?.runbook.hash ?? ''}`,
    `started by: ${context.started?.by ?? ''}`,
    `asked at: ${now.iso}`,
    `expires at: ${expiresAt}`,
    `inputs: ${JSON.stringify(context.started?.inputs ?? {})}`,
    '',
  ].join('\n');
  const digest = createHash('sha256').update(request).digest('hex');
  return { type: 'authority.requested', phase, roles: proving, request, digest, expiresAt };
}

/** Takes a signature over the request at hand: one who may start lets the session start that phase. Used once. */
export async function proveAuthority(
  session: Session,
  { principal, signature }: Extract<Intent, { type: 'prove' }>,
): Promise<{ readonly facts: readonly Fact[] } | { readonly refused: Answer & { readonly ok: false } }> {
  const context = session.context();
  const { runbook } = session.options.compiled.book;
  const request = context.authorityRequest;
  const next = 'Ask one who may start to sign the request that is shown.';
  if (request === null || !requestOpen(context, session.options.ports.clock.now().ms)) {
    const nothing = 'Nothing is asked for that a signature would prove; try the step again.';
    return { refused: refused('E_NOT_OFFERED', nothing, next) };
  }
  let why = refused('E_DENIED', `${principal} has none of the roles ${request.roles.join(', ')}.`, next);
  for (const role of runbook.roles.filter(({ id }) => request.roles.includes(id))) {
    if (role.signers === null || !(role.anyone || role.users.includes(principal))) continue;
    const verified = await session.options.ports.signatures.verify(
      request.request,
      signature,
      principal,
      role.signers,
    );
    if (verified.ok) {
      const { key, level } = verified;
      const { phase, digest } = request;
      return {
        facts: [
          { type: 'authority.proved', by: principal, phase, role: role.id, key, signature, level, digest },
        ],
      };
    }
    why = uncounted(verified, context.session, next);
  }
  return { refused: why };
}
