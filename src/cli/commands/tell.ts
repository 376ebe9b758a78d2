import { exitCode, OperatorError } from '../../errors.ts';
import type { Intent } from '../../session/intents.ts';
import { takeUp } from './resume.ts';
import type { Surroundings } from '../surroundings.ts';

export interface TellFlags {
  readonly session?: string;
  readonly target: string;
  readonly why?: string;
  readonly typed?: string;
  readonly seen?: string;
}

/** `walkback note` and `walkback drift`: told to a session from another terminal. */
export async function tell(
  around: Surroundings,
  kind: 'note' | 'drift',
  text: string,
  flags: TellFlags,
): Promise<number> {
  const { client, release } = await takeUp(around, flags.session);
  const answer = await client.send(kind === 'note' ? { type: 'note', text } : driftOf(text, flags));
  client.detach();
  await release();
  if (!answer.ok) throw new OperatorError(answer.message, [answer.next], { exitCode: exitCode.refused });
  around.write(`${kind} recorded\n`);
  return exitCode.done;
}

const driftOf = (what: string, { target, why, typed, seen }: TellFlags): Intent => ({
  type: 'drift',
  what,
  target,
  ...(why === undefined ? {} : { why }),
  ...(typed === undefined ? {} : { command: typed }),
  ...(seen === undefined ? {} : { link: seen }),
});
