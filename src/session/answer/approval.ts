import { recordAt } from '../../machine/places.ts';
import { commandersOf } from '../../machine/command.ts';
import type { CurrentStep } from '../../machine/view.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import type { Answer, Intent } from '../intents.ts';
import { put, refused, uncounted } from '../refusals.ts';
import type { Session } from '../session.ts';

/** A signature counts when it is by another person of the role, over exactly the request that is shown. */
export async function sign(
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
  const next = 'Ask a person who may approve this to sign the request.';
  const denied = (message: string): Answer => refused('E_DENIED', message, next);
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
  if (!verified.ok) return uncounted(verified, session.context().session, next);
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
