import type { Answer, Intent } from './intents.ts';
import { maskIntent } from './mask-intent.ts';
import { refused } from './refusals.ts';
import type { Session } from './session.ts';
import { answerSession } from './answer/session.ts';
import { answerStep } from './answer/step.ts';

/** Answers an intent: turns it into facts with the person's name on them, or refuses it with a reason. */
export async function answerIntent(session: Session, intent: Intent, by: string): Promise<Answer> {
  session.recordAgain(by);
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
