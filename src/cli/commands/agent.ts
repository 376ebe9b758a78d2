import { text } from 'node:stream/consumers';
import { OperatorError } from '../../errors.ts';
import type { AgentOrder } from '../hosting/agent-process.ts';
import { runAgent } from '../hosting/agent-process.ts';
import type { Surroundings } from '../surroundings.ts';

/** The hidden command of a session's own process: its order comes on standard input. */
export async function agent(around: Surroundings): Promise<void> {
  if (process.stdin.isTTY) {
    throw new OperatorError('`walkback agent` is started by walkback itself.', [
      'Use walkback run or walkback resume.',
    ]);
  }
  const order = JSON.parse(await text(process.stdin)) as AgentOrder;
  await runAgent(around, order);
}
