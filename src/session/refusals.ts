import type { Fact } from '../machine/facts.ts';
import type { Answer } from './intents.ts';
import type { Uncounted } from './ports.ts';
import type { Session } from './session.ts';

/** `code` is stable, `message` is for the person, `next` is what they can do instead. */
export const refused = (code: string, message: string, next: string): Answer & { readonly ok: false } => ({
  ok: false,
  code,
  message,
  next,
});

/** A signature that does not count. Where the list of signers is not the pinned one, the list is refused, not the key. */
export const uncounted = (
  { code, detail }: Uncounted,
  session: string,
  next: string,
): Answer & { readonly ok: false } =>
  code === 'signers_changed'
    ? refused('E_SIGNERS', detail, changedListNext(session))
    : refused('E_DENIED', `The signature does not count: ${detail}`, next);

/** A changed list of signers is no dead end. */
export const changedListNext = (session: string): string =>
  `Put the list back, or take it over with a review: walkback rebase ${session} --reason "…"`;

export const noReason = refused('E_REASON', 'A reason is needed.', 'Say why in a few words.');

/** Records facts; a refusal by the statechart means that the session has moved on meanwhile. */
export function put(session: Session, by: string, ...facts: readonly Fact[]): Answer {
  if (session.dispatch(facts, by)) return { ok: true };
  const trouble = session.trouble();
  if (trouble !== null) return refused('E_NOT_RECORDING', trouble.message, trouble.nextSteps[0]);
  return refused(
    'E_NOT_NOW',
    'The session has moved on; this is not possible any more.',
    'Look at the current step.',
  );
}
