import type { Offer } from '../../src/machine/view.ts';
import { signatureOf } from './fake-world.ts';
import type { TestSession } from './open-test-session.ts';

/** What a person in a hurry picks first. */
const order: readonly Offer['intent'][] = [
  'choose',
  'report',
  'type_value',
  'sign',
  'run',
  'resolve_doubt',
  'check_again',
  'retry',
  'route',
  'skip',
];

/** Goes on by what is offered until nothing is at hand; what does not get better is passed over. */
export async function driveOn(session: TestSession, most = 60): Promise<void> {
  const tried = new Map<string, number>();
  for (let turn = 0; turn < most; turn += 1) {
    const here = session.session.view().current.find(({ offers }) => offers.length > 0);
    if (here === undefined) {
      if (session.session.view().current.length === 0) return;
      await session.clock.advance(60_000);
      continue;
    }
    const { step } = here.place;
    const times = tried.get(step) ?? 0;
    tried.set(step, times + 1);
    const offered = order.filter((intent) => here.offers.some((offer) => offer.intent === intent));
    // what goes on by itself is given its time first
    if (offered[0] === 'skip' && times === 0) {
      await session.clock.advance(60_000);
      continue;
    }
    const type = times > 2 && offered.includes('skip') ? 'skip' : offered[0];
    if (type === undefined) throw new Error(`no way on at ${here.attempt}`);
    const answer = await session.say(
      type,
      type === 'sign'
        ? { principal: 'grace', signature: signatureOf('grace', here.approval?.request ?? '') }
        : {},
      step,
    );
    if (!answer.ok) throw new Error(`${type} at ${here.attempt}: ${answer.message}`);
    if (type === 'skip') tried.delete(step);
  }
  throw new Error('the session does not come to its end');
}
