import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { OperatorError, exitCode } from '../../errors.ts';

const namespace = 'walkback-archive';

/** Signs a manifest with the operator's SSH key; the signature lies beside it. */
export async function signManifest(file: string, key: string): Promise<void> {
  const ended = await execa('ssh-keygen', ['-q', '-Y', 'sign', '-f', key, '-n', namespace, file], {
    stdin: 'ignore',
    reject: false,
    timeout: 60_000,
  });
  if (ended.exitCode === 0) return;
  throw new OperatorError(
    `The manifest cannot be signed with ${key}: ${ended.stderr.trim().slice(-300)}`,
    ['Check the key; ssh-agent has to hold it where it has a passphrase.'],
    { exitCode: exitCode.failed },
  );
}

/** Whether a manifest is signed by exactly this person of the signers file. */
export async function verifySignature(
  manifest: string,
  signature: string,
  signers: string,
  principal: string,
): Promise<{ readonly ok: boolean; readonly detail: string }> {
  const ended = await execa(
    'ssh-keygen',
    ['-Y', 'verify', '-f', signers, '-I', principal, '-n', namespace, '-s', signature],
    { input: readFileSync(manifest), reject: false, timeout: 60_000 },
  );
  if (ended.exitCode === 0) return { ok: true, detail: `signed by ${principal}` };
  return {
    ok: false,
    detail: `${ended.stderr}${ended.stdout}`.trim().split('\n').at(-1) ?? 'it does not verify',
  };
}
