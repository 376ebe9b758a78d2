import { exitCode, OperatorError } from '../../errors.ts';
import { takeUp } from './resume.ts';
import type { Surroundings } from '../surroundings.ts';

/** `walkback note` and `walkback drift`: told to a session from another terminal. */
export async function tell(
  around: Surroundings,
  kind: 'note' | 'drift',
  text: string,
  flags: { readonly session?: string; readonly target: string },
): Promise<number> {
  const { client, release } = await takeUp(around, flags.session);
  const answer = await client.send(
    kind === 'note' ? { type: 'note', text } : { type: 'drift', what: text, target: flags.target },
  );
  client.detach();
  await release();
  if (!answer.ok) throw new OperatorError(answer.message, [answer.next], { exitCode: exitCode.refused });
  around.write(`${kind} recorded\n`);
  return exitCode.done;
}
