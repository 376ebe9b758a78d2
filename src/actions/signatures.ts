import { Buffer } from 'node:buffer';
import { constants } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { OperatorError } from '../errors.ts';
import { joinPath } from '../runbook/files.ts';
import type { Runbook } from '../runbook/model.ts';
import type { Signatures } from '../session/ports.ts';
import { runbookFiles } from './runbook-files.ts';
import { sanitiseLabel } from './sanitise-label.ts';
import { personsOf, whyNotTrusted } from './signers-list.ts';

/** Signatures made for anything else, a git commit for instance, are not valid here. */
const signatureNamespace = 'walkback';

/** Keys in this file beside the signers file (one public key a line, or an OpenSSH KRL) are valid no more. */
const revokedKeysFile = 'revoked_keys';

const mostBytes = 1_000_000;

export interface SignaturesOptions {
  /** Where the paths of signers files begin: the runbook's folder. */
  readonly root: string;
  /** The environment of ssh-keygen: `PATH`, and for `sign` what reaches an agent or a terminal. */
  readonly env: Readonly<Record<string, string>>;
  /** The runbook whose closed set every list has to be in, byte for byte; left out, a list is taken as it lies there. */
  readonly pinned?: Pick<Runbook, 'file' | 'closure'>;
  /** Where revoked keys are looked up, where the list is a copy: beside the list under this folder instead of `root`. */
  readonly revokedUnder?: string;
}

export type SigningSignatures = Signatures & {
  /**
   * Signs `request` with a key file, or with the agent's key where it is a public one. ssh-keygen itself asks for a
   * passphrase or a touch, on the terminal. Throws `OperatorError` where it does not sign.
   */
  sign(request: string, keyFile: string): Promise<string>;
};

type Verdict = Awaited<ReturnType<Signatures['verify']>>;

const refused = (detail: string): Verdict => ({ ok: false, detail });

/** Signs and verifies with the system's `ssh-keygen`: exact principal, exact namespace, never a wildcard. */
export function signatures({ root, env, pinned, revokedUnder = root }: SignaturesOptions): SigningSignatures {
  return {
    async verify(request, signature, principal, signersFile) {
      const problem = whyNotAsked(request, signature, principal);
      if (problem !== null) return refused(problem);
      const list = pinned === undefined ? null : readPinned(root, pinned, signersFile);
      if (list?.ok === false) return list;
      const signers = list === null ? await readRegular(resolve(root, signersFile)) : list.bytes;
      if (signers === null) return refused(`The signers file ${signersFile} cannot be read.`);
      const unsafe = whyNotTrusted(signers.toString('utf8'), principal);
      if (unsafe !== null) return refused(`${signersFile}: ${unsafe}`);
      const revoked = await readRevoked(join(dirname(resolve(revokedUnder, signersFile)), revokedKeysFile));
      if (revoked === 'unreadable')
        return refused(`The file ${revokedKeysFile} beside ${signersFile} cannot be read.`);
      return inPrivateFolder(async (folder) => {
        // Copies of what was checked: the files of the runbook could change in between.
        const files = {
          signers: join(folder, 'signers'),
          signature: join(folder, 'signature'),
          revoked: join(folder, 'revoked'),
        };
        await writeFile(files.signers, signers);
        await writeFile(files.signature, signature);
        if (revoked !== null) await writeFile(files.revoked, revoked);
        const argv = [
          '-Y',
          'verify',
          '-n',
          signatureNamespace,
          '-f',
          files.signers,
          '-I',
          principal,
          '-s',
          files.signature,
        ];
        const verdict = await runVerify(
          [...argv, ...(revoked === null ? [] : ['-r', files.revoked])],
          request,
          principal,
          env,
        );
        if (!verdict.ok) return verdict;
        return { ...verdict, ...personsOf(signers.toString('utf8'), principal, verdict.key) };
      });
    },
    async sign(request, keyFile) {
      const argv = ['-q', '-Y', 'sign', '-n', signatureNamespace, '-f', keyFile];
      const options = {
        input: request,
        env,
        extendEnv: false,
        reject: false,
        timeout: 120_000,
        stripFinalNewline: false,
      } as const;
      const { exitCode, stdout, stderr, shortMessage } = await execa('ssh-keygen', argv, options);
      if (exitCode === 0 && stdout.includes('-----BEGIN SSH SIGNATURE-----')) return stdout;
      throw new OperatorError(
        `ssh-keygen did not sign with ${keyFile}: ${stderr.trim() || shortMessage || 'it gave no reason'}`,
        ['Check that the file is an SSH key of yours, and that its agent or security key is at hand.'],
      );
    },
  };
}

async function runVerify(
  argv: readonly string[],
  request: string,
  principal: string,
  env: Readonly<Record<string, string>>,
): Promise<Verdict> {
  const result = await execa('ssh-keygen', argv, {
    input: request,
    env,
    extendEnv: false,
    reject: false,
    timeout: 10_000,
  });
  const { exitCode, stdout, stderr } = result;
  const found = /^Good "walkback" signature for (.+) with (\S+) key (SHA256:\S+)$/m.exec(stdout);
  const [, signer, kind = '', key = ''] = found ?? [];
  if (exitCode === 0 && signer === principal)
    return { ok: true, key, level: kind.endsWith('-SK') ? 'L2' : 'L1' };
  const reason =
    (stderr || stdout).trim().split('\n', 1)[0] || result.shortMessage || 'ssh-keygen gave no reason.';
  if (!reason.startsWith('Could not verify')) return refused(sanitiseLabel(reason));
  return refused(
    `The text is not the one that was signed, or the key is not, or no longer, one of ${principal}.`,
  );
}

function whyNotAsked(request: string, signature: string, principal: string): string | null {
  if (!/^[^\s*?!,"]+$/.test(principal)) return 'The principal is not the name of one person.';
  if (request.length > mostBytes || signature.length > mostBytes)
    return 'The text is too long to be a request.';
  const blocks = signature.match(/-----BEGIN SSH SIGNATURE-----/g) ?? [];
  return blocks.length === 1 ? null : 'It is not one SSH signature.';
}

/** A list as the runbook is pinned to it; whoever can write to the file could sign as anybody otherwise. */
function readPinned(
  root: string,
  { file, closure }: Pick<Runbook, 'file' | 'closure'>,
  signersFile: string,
): { readonly ok: true; readonly bytes: Buffer } | (Verdict & { readonly ok: false }) {
  const changed = (why: string): Verdict & { readonly ok: false } => ({
    ok: false,
    code: 'signers_changed',
    detail: `${signersFile} ${why}: nobody can sign by it.`,
  });
  const inside = joinPath(file, signersFile);
  const expected = closure.find(({ path }) => path === inside)?.sha256;
  if (inside === null || expected === undefined)
    return changed('is not among the files that the runbook was pinned to');
  const files = runbookFiles(root);
  const read = files.read(inside);
  if (!read.ok) return changed(`cannot be read (${read.detail})`);
  if (files.sha256(read.bytes) !== expected)
    return changed('is not the list of signers that the runbook was pinned to');
  return { ok: true, bytes: Buffer.from(read.bytes) };
}

async function readRegular(path: string): Promise<Buffer | null> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => null);
  if (file === null) return null;
  try {
    const found = await file.stat();
    return found.isFile() && found.size <= mostBytes ? await file.readFile() : null;
  } finally {
    await file.close();
  }
}

async function readRevoked(path: string): Promise<Buffer | 'unreadable' | null> {
  const found = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(
    (cause: NodeJS.ErrnoException) => cause,
  );
  if (found instanceof Error) return found.code === 'ENOENT' ? null : 'unreadable';
  await found.close();
  return (await readRegular(path)) ?? 'unreadable';
}

async function inPrivateFolder<Result>(use: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'walkback-signature-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
