import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { execa } from 'execa';
import { OperatorError } from '../errors.ts';
import type { Signatures } from '../session/ports.ts';
import { sanitiseLabel } from './sanitise-label.ts';

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
export function signatures({ root, env }: SignaturesOptions): SigningSignatures {
  return {
    async verify(request, signature, principal, signersFile) {
      const problem = whyNotAsked(request, signature, principal);
      if (problem !== null) return refused(problem);
      const listPath = resolve(root, signersFile);
      const signers = await readRegular(listPath);
      if (signers === null) return refused(`The signers file ${signersFile} cannot be read.`);
      const unsafe = whyNotTrusted(signers.toString('utf8'), principal);
      if (unsafe !== null) return refused(`${signersFile}: ${unsafe}`);
      const revoked = await readRevoked(join(dirname(listPath), revokedKeysFile));
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
        const list = entriesOf(signers.toString('utf8'));
        const signer = list.find(
          (entry) => entry.names.includes(principal) && fingerprintOf(entry.key) === verdict.key,
        );
        return {
          ...verdict,
          names: namesOf(list, principal),
          ...(signer === undefined ? {} : { signer: signer.line }),
        };
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

/**
 * A signers file that lets patterns or certificates stand for people cannot say who signed: it is refused as a
 * whole, so that nobody relies on the rest of it.
 */
function whyNotTrusted(signers: string, principal: string): string | null {
  let listed = false;
  for (const [index, line] of signers.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [, quoted, bare] = /^(?:"([^"]*)"|(\S+))\s/.exec(line) ?? [];
    const names = quoted ?? bare;
    if (names === undefined) return `line ${index + 1} names nobody.`;
    if (/[*?!]/.test(names)) return `line ${index + 1} has a pattern in place of a name (${names}).`;
    if (/(?:^|[\s,])cert-authority(?:[\s,]|$)/i.test(line.slice(names.length))) {
      return `line ${index + 1} trusts a certificate authority, which does not name the person.`;
    }
    listed ||= names.split(',').includes(principal);
  }
  return listed ? null : `${principal} is not in it.`;
}

interface Entry {
  readonly line: string;
  readonly names: readonly string[];
  /** The key as it is written, base64; empty where the line holds none. */
  readonly key: string;
}

/** The lines of a signers file that was found safe: whom each key belongs to. */
const entriesOf = (signers: string): readonly Entry[] =>
  signers.split(/\r?\n/).flatMap((line) => {
    const [, quoted, bare] = /^(?:"([^"]*)"|([^#\s]\S*))\s/.exec(line) ?? [];
    const names = quoted ?? bare;
    if (names === undefined) return [];
    const key = /(?:^|\s)(?:ssh-|ecdsa-|sk-)\S+\s+([A-Za-z0-9+/=]+)/.exec(line)?.[1] ?? '';
    return [{ line: line.trim(), names: names.split(','), key }];
  });

const fingerprintOf = (key: string): string =>
  `SHA256:${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replaceAll('=', '')}`;

/** Names of one line are one person, and so are names that share a key, however long the chain between them. */
function namesOf(entries: readonly Entry[], principal: string): readonly string[] {
  const names = new Set([principal]);
  const keys = new Set<string>();
  for (let size = -1; size !== names.size + keys.size;) {
    size = names.size + keys.size;
    for (const entry of entries) {
      if (!keys.has(entry.key) && !entry.names.some((name) => names.has(name))) continue;
      for (const name of entry.names) names.add(name);
      if (entry.key !== '') keys.add(entry.key);
    }
  }
  return [...names];
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
