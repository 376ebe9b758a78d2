import { hash } from 'node:crypto';
import { lstatSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { signatures } from '../../actions/signatures.ts';
import { OperatorError } from '../../errors.ts';
import type { Head, KnownHead } from '../../ledger/verify-chain.ts';
import { verifyChain } from '../../ledger/verify-chain.ts';
import { hashOfWords } from '../../ledger/head-words.ts';
import { parseJsonl } from '../../report/parse-jsonl.ts';
import { commandEnvironment } from '../command-environment.ts';
import type { Surroundings } from '../surroundings.ts';

/** What whoever verifies a bundle has besides it: each thing shows more. */
export interface Known {
  /** A head that left the machine earlier. */
  readonly head: KnownHead | null;
  /** Who has to have signed the sums, and the file that lists their key. */
  readonly signer: { readonly name: string; readonly signers: string } | null;
}

export type BundleVerdict =
  | { readonly ok: true; readonly files: number; readonly rows: number; readonly head: Head }
  | { readonly ok: false; readonly problem: string };

const sumsFile = 'SHA256SUMS';
const broken = (problem: string): BundleVerdict => ({ ok: false, problem });

/**
 * A bundle against its sums, the signature over them, its chain, and its head; names the first thing that does not hold.
 * @throws OperatorError where there is no folder
 */
export async function verifyBundle(
  around: Surroundings,
  folder: string,
  known: Known,
): Promise<BundleVerdict> {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true)
    throw new OperatorError(`${folder} is no folder, so it is no bundle.`, [
      'Name the folder that `walkback export SESSION --bundle FOLDER` wrote.',
    ]);
  try {
    const strange = strangeIn(folder);
    if (strange !== null) return broken(`${strange} is neither a file nor a folder`);
    const sums = readFileSync(join(folder, sumsFile), 'utf8');
    const present = filesIn(folder);
    const problem = sumsProblem(folder, sums, present);
    if (problem !== null) return broken(problem);
    if (known.signer !== null) {
      const { name, signers } = known.signer;
      const signature = readFileSync(join(folder, `${sumsFile}.sig`), 'utf8');
      const port = signatures({ root: around.cwd, env: commandEnvironment(around) });
      const verdict = await port.verify(sums, signature, name, resolve(around.cwd, signers));
      if (!verdict.ok) return broken(`the signature over ${sumsFile} is not valid: ${verdict.detail}`);
    }
    const { rows } = parseJsonl(readFileSync(join(folder, 'session.jsonl'), 'utf8'));
    const verdict = verifyChain(rows, headIn(folder), known.head);
    if (!verdict.ok) return broken(`${verdict.why} at seq ${String(verdict.seq)}: ${verdict.detail}`);
    return { ok: true, files: present.length, rows: verdict.rows, head: verdict.head };
  } catch (error) {
    if (error instanceof OperatorError) return broken(error.message);
    if (error instanceof Error && 'code' in error) return broken(error.message);
    throw error;
  }
}

function sumsProblem(folder: string, sums: string, present: readonly string[]): string | null {
  const listed = new Map<string, string>();
  for (const line of sums.split('\n').filter((one) => one !== '')) {
    const [, sum = '', name = ''] = /^([0-9a-f]{64}) {2}(.+)$/.exec(line) ?? [];
    if (name === '') return `${sumsFile} has a line that is not a sum`;
    if (listed.has(name)) return `${name} stands twice in ${sumsFile}`;
    listed.set(name, sum);
  }
  for (const name of new Set([...present, ...listed.keys()])) {
    const sum = listed.get(name);
    if (sum === undefined) return `${name} is not in ${sumsFile}`;
    if (!present.includes(name)) return `${name} is missing`;
    if (hash('sha256', readFileSync(join(folder, name)), 'hex') !== sum) return `${name} was changed`;
  }
  return listed.has('session.jsonl') && listed.has('HEAD') ? null : 'it is no bundle of a session';
}

/** A link, a pipe or a device: a bundle holds none, and what they lead to may never end. */
const strangeIn = (folder: string): string | null =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((name) => {
    const entry = lstatSync(join(folder, name));
    return !entry.isFile() && !entry.isDirectory();
  }) ?? null;

const filesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (name) =>
        name !== sumsFile && name !== `${sumsFile}.sig` && !statSync(join(folder, name)).isDirectory(),
    )
    .toSorted();

/** A head as a person kept it: its twelve words, or `SEQ HASH`. */
export function knownHead(text: string): KnownHead {
  const words = hashOfWords(text);
  if (words === null) return parseHead(text);
  if ('prefix' in words) return { seq: null, hash: words.prefix };
  throw new OperatorError(`${JSON.stringify(words.unknown)} is none of the words of a head.`, [
    'Write the twelve words as they were shown at the end of the session.',
  ]);
}

/** `SEQ HASH`, as `HEAD` holds it. */
function parseHead(text: string): Head {
  const [, seq = '', found = ''] = /^\s*(\d{1,15})\s+([0-9a-f]{64})\s*$/.exec(text) ?? [];
  if (found === '')
    throw new OperatorError('This is no head of a chain.', [
      'Write its twelve words, or its number and its hash: "42 6f1d…"',
    ]);
  return { seq: Number(seq), hash: found };
}

const headIn = (folder: string): Head => parseHead(readFileSync(join(folder, 'HEAD'), 'utf8'));
