import { briefingOf, commanderOf, readBackOf } from '../../machine/command.ts';
import type { Answer, Intent } from '../intents.ts';
import { put, refused } from '../refusals.ts';
import type { Session } from '../session.ts';

export const noOffer = refused('E_NO_OFFER', 'Nobody has offered command.', 'Ask who commands to offer it.');

/** Offers command to somebody; it passes only when they take it. */
export function handOver(session: Session, to: string, by: string): Answer {
  const name = to.trim();
  const context = session.context();
  if (name === '') return refused('E_NAME', 'Say to whom.', 'Type the name of the next person.');
  if (context.status === 'closed')
    return refused('E_NOT_NOW', 'The session is closed.', 'There is nothing left to command.');
  if (name === commanderOf(context))
    return refused('E_NAME', `${name} has command already.`, 'Name the next person.');
  const briefing = briefingOf(context, session.view());
  return put(session, by, { type: 'handover.offered', by, to: name, briefing: [...briefing] });
}

/** Command passes only to who was named, and only once they have read back where things stand now. */
export function takeCommand(
  session: Session,
  intent: Extract<Intent, { type: 'take_command' }>,
  by: string,
): Answer {
  const context = session.context();
  const offer = context.command?.offer ?? null;
  if (offer === null) return noOffer;
  // the next person may sit down at the same machine account, and says then who they are
  const who = intent.name.trim() !== '' && by === offer.by ? intent.name.trim() : by;
  if (who !== offer.to)
    return refused(
      'E_NOT_YOU',
      `Command is offered to ${offer.to}, not to ${who}.`,
      'Have it offered to you.',
    );
  const now = readBackOf(context, session.view());
  const step = intent.step.trim();
  if (step !== now.step || intent.owed.trim() !== String(now.owed)) {
    return refused(
      'E_READ_BACK',
      'What was read back is not where the session stands.',
      'Read the briefing and the screen again: the step at hand by its id, and how many debts are owed.',
    );
  }
  const from = commanderOf(context);
  return put(session, by, { type: 'handover.accepted', by, from, to: who, readBack: now });
}
