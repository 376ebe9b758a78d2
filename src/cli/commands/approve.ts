import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { childEnvironment } from '../../actions/environment.ts';
import { sanitiseText } from '../../actions/sanitise.ts';
import { signatures } from '../../actions/signatures.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import { loadOrRefuse } from '../load.ts';
import { overlaysHere } from '../trust/overlay.ts';
import { reviewFile, reviewText } from '../trust/review.ts';
import type { SessionClient } from '../../session/client.ts';
import type { Answer } from '../../session/intents.ts';
import { attachToAgent } from '../hosting/host-session.ts';
import type { Surroundings } from '../surroundings.ts';

export interface ApproveFlags {
  readonly key: string;
  readonly as?: string;
  readonly session?: string;
}

/** `walkback approve`: shows what is to be signed, then signs it with the person's own SSH key. */
export async function approve(around: Surroundings, file: string, flags: ApproveFlags): Promise<number> {
  const principal = flags.as ?? around.user;
  const isRunbook = /\.ya?ml$/.test(file);
  const text = isRunbook ? reviewText(loadOrRefuse(file, overlaysHere(around)).runbook) : readRequest(file);
  around.warn(`${sanitiseText(text)}\n`);
  const key = flags.key.replace(/^~(?=\/)/, around.env['HOME'] ?? '~');
  const port = signatures({ root: around.cwd, env: childEnvironment(around.env) });
  const signature = await port.sign(text, key);
  if (isRunbook) {
    writeFileSync(reviewFile(file), `${principal}\n${signature}`);
    around.warn(`walkback: reviewed as ${principal}; the review is in ${reviewFile(file)}\n`);
    return exitCode.done;
  }
  const target = `${resolve(file)}.sig`;
  writeFileSync(target, signature, { mode: 0o600 });
  if (flags.session === undefined) {
    around.write(signature);
    around.warn(`walkback: signed as ${principal}; the signature is in ${target}\n`);
    return exitCode.done;
  }
  return deliver(around, flags.session, text, principal, signature);
}

/** What may be signed, by the first line of its text. */
const kinds = {
  approval: 'walkback approval request 1\n',
  authority: 'walkback authority request 1\n',
  override: 'walkback override approval 1\n',
  review: 'walkback review request 1\n',
} as const;

/** Gives the signature to the session on this machine that asked for it; what was done may be approved after its close. */
async function deliver(
  around: Surroundings,
  session: string,
  text: string,
  principal: string,
  signature: string,
): Promise<number> {
  const client = await attachToAgent(around, session);
  const afterwards = text.startsWith(kinds.override) || text.startsWith(kinds.review);
  const key = /^(?:override|review): (\S+)$/m.exec(text)?.[1] ?? '';
  if (client === null && afterwards) {
    const { settleBySignature } = await import('../trust/settle-debt.ts');
    await settleBySignature(around, session, key, principal, signature);
    around.warn(`walkback: ${key} approved as ${principal}\n`);
    return exitCode.done;
  }
  if (client === null) {
    throw new OperatorError(`No agent hosts session ${session} on this machine.`, [
      'Give the signature to the operator instead.',
    ]);
  }
  const answer = afterwards
    ? await client.send({ type: 'approve_override', key, principal, signature })
    : text.startsWith(kinds.authority)
      ? await client.send({ type: 'prove', principal, signature })
      : await sign(client, principal, signature);
  client.detach();
  if (!answer.ok) throw new OperatorError(answer.message, [answer.next], { exitCode: exitCode.refused });
  around.warn(`walkback: approved as ${principal}\n`);
  return exitCode.done;
}

async function sign(client: SessionClient, principal: string, signature: string): Promise<Answer> {
  const asking = client.view().current.find(({ approval }) => approval !== null);
  if (asking === undefined) {
    return {
      ok: false,
      code: 'E_NOT_OFFERED',
      message: 'The session asks for no approval now.',
      next: 'Look at it: walkback resume',
    };
  }
  const { place, attempt } = asking;
  return client.send({ type: 'sign', place, attempt, signature, principal });
}

function readRequest(file: string): string {
  try {
    const text = readFileSync(file, 'utf8');
    if (Object.values(kinds).some((first) => text.startsWith(first))) return text;
  } catch (error) {
    throw new OperatorError(`${file} cannot be read.`, ['Give the request’s file, or a runbook (.yaml).'], {
      cause: error,
    });
  }
  throw new OperatorError(`${file} is not an approval request.`, [
    'Save the request exactly as the session shows it; its first line is “walkback approval request 1”.',
  ]);
}
