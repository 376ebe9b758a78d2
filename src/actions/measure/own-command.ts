import { basename } from 'node:path';
import { exitCode } from '../../errors.ts';
import type { Command } from '../../runbook/model/values.ts';
import type { Fill } from '../../session/ports.ts';
import { unknown, type Answer, type Limits } from './answer.ts';
import { textOf } from './ready-command.ts';
import { excerpt } from './shape-value.ts';

/** Ends of our own commands that are no answer: it cannot tell, it was called wrongly, it broke. */
const noAnswer: ReadonlySet<number> = new Set([exitCode.unknown, exitCode.usage, exitCode.internal]);

type Read = (limits: Limits) => Promise<Answer>;

/**
 * Of our own commands we know what an exit code means: one that could not find out has not said no, and neither
 * `exit: 0` nor `fails: true` may judge it. What other programs mean by a code is for the runbook to say.
 */
export function answering({ program }: Command, fill: Fill, read: Read): Read {
  const [first] = program.kind === 'argv' ? program.argv : [];
  if (first === undefined || basename(textOf(fill(first))) !== 'walkback') return read;
  return async (limits) => {
    const answer = await read(limits);
    if (!answer.ok || answer.exit === null || !noAnswer.has(answer.exit)) return answer;
    return unknown('unanswered', `It exited ${answer.exit}: ${excerpt(answer.text)}`);
  };
}
