import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { signatures } from '../../src/actions/signatures.ts';
import { firstOf, type Policy } from '../../src/drill/policy.ts';
import type { Stage } from './stage.ts';

/** What somebody sends from another keyboard, with a key of their own. */
export interface Signer {
  /** Signs what is asked, once. */
  readonly signing: Policy;
  /** Signs as the owner of the data does: also for the loss that was counted. */
  readonly owning: Policy;
}

/** Makes real keys for these people, and the list of who may sign in the folder of the runbooks. */
export async function makeSigners<Name extends string>(
  stage: Stage,
  runbooks: string,
  names: readonly Name[],
): Promise<(name: Name) => Signer> {
  const keyOf = (name: Name): string => path.join(stage.home, `${name}_key`);
  mkdirSync(path.join(runbooks, 'keys'));
  const lines = names.map(async (name) => {
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', name, '-f', keyOf(name)]);
    return `${name} namespaces="walkback" ${readFileSync(`${keyOf(name)}.pub`, 'utf8')}`;
  });
  writeFileSync(path.join(runbooks, 'keys', 'allowed_signers'), (await Promise.all(lines)).join(''));
  const { sign } = signatures({ root: stage.folder, env: stage.around.env });
  return (name) => {
    const withKey = (text: string): Promise<string> => sign(text, keyOf(name));
    const signing: Policy = async (situation) => {
      if (situation.at !== 'step' || situation.step.approval === null || situation.tried('sign') > 0)
        return null;
      const { place, attempt, approval } = situation.step;
      return { type: 'sign', place, attempt, signature: await withKey(approval.request), principal: name };
    };
    const accepting: Policy = async (situation) => {
      const request = situation.view.data?.request ?? null;
      return situation.at === 'step' && situation.step.status === 'ready' && request !== null
        ? {
            type: 'accept_data',
            reason: 'as signed before',
            principal: name,
            signature: await withKey(request),
            override: false,
          }
        : null;
    };
    return { signing, owning: firstOf(signing, accepting) };
  };
}
