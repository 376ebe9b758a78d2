import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import { signatures } from '../../src/actions/signatures.ts';
import type { Policy } from '../../src/drill/policy.ts';
import { shipped } from '../runbooks/stage.ts';
import type { Shop } from '../runbooks/use-sandbox.ts';

/** The runbook with a key of its own for the owner of the data, and what that person sends once asked. */
export async function ownedByGrace({
  stage,
}: Pick<Shop, 'stage'>): Promise<{ readonly file: string; readonly signing: Policy }> {
  const folder = path.join(stage.folder, 'runbooks');
  const key = path.join(stage.home, 'grace_key');
  for (const file of ['shop_downgrade.yaml', 'steps/freeze_shop.yaml'])
    cpSync(shipped(file), path.join(folder, file));
  mkdirSync(path.join(folder, 'keys'));
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'grace', '-f', key]);
  writeFileSync(
    path.join(folder, 'keys', 'allowed_signers'),
    `grace namespaces="walkback" ${readFileSync(`${key}.pub`, 'utf8')}`,
  );
  const { sign } = signatures({ root: stage.folder, env: stage.around.env });
  const signing: Policy = async (situation) => {
    if (situation.at !== 'step') return null;
    const { place, attempt, approval, status } = situation.step;
    if (approval !== null && situation.tried('sign') === 0)
      return {
        type: 'sign',
        place,
        attempt,
        signature: await sign(approval.request, key),
        principal: 'grace',
      };
    const request = situation.view.data?.request ?? null;
    if (status !== 'ready' || request === null) return null; // the orders that are gone by now, counted
    const signature = await sign(request, key);
    return {
      type: 'accept_data',
      reason: 'as signed before',
      principal: 'grace',
      signature,
      override: false,
    };
  };
  return { file: path.join(folder, 'shop_downgrade.yaml'), signing };
}
