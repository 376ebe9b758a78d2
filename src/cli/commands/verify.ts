import { readFileSync } from 'node:fs';
import { OperatorError, exitCode } from '../../errors.ts';
import { verifyChain } from '../../ledger/verify-chain.ts';
import type { ChainVerdict, KnownHead } from '../../ledger/verify-chain.ts';
import { headWords } from '../../ledger/head-words.ts';
import { parseJsonl } from '../../report/parse-jsonl.ts';
import { openLedgerForReading, recordNamed } from '../ledger.ts';
import { inertLine } from '../inert-line.ts';
import { knownHead, verifyBundle } from '../records/verify-bundle.ts';
import type { Surroundings } from '../surroundings.ts';

export interface VerifyFlags {
  readonly file?: string;
  readonly bundle?: string;
  readonly head?: string;
  readonly signers?: string;
  readonly signer?: string;
  readonly json?: true;
}

/** `walkback verify`: recomputes chains and names the first row that cannot be believed. */
export async function verify(
  around: Surroundings,
  given: string | undefined,
  flags: VerifyFlags,
): Promise<number> {
  if (flags.bundle !== undefined) return verifyFolder(around, flags.bundle, flags);
  const head = flags.head === undefined ? undefined : knownHead(flags.head);
  const verdicts =
    flags.file === undefined
      ? fromLedger(around, given, head)
      : [{ name: flags.file, verdict: fromFile(flags.file, head ?? null) }];
  if (flags.json === true)
    around.write(`${JSON.stringify({ schema: 'walkback.verify/1', verdicts }, null, 2)}\n`);
  else {
    for (const { name, verdict } of verdicts) around.write(`${lineOf(name, verdict)}\n`);
    const [only, ...others] = verdicts;
    // of many nobody writes the words down
    if (only?.verdict.ok === true && others.length === 0)
      around.write(`  in words: ${headWords(only.verdict.head.hash)}\n`);
  }
  return verdicts.every(({ verdict }) => verdict.ok) ? exitCode.done : exitCode.failed;
}

/** A bundle, by itself or with what whoever verifies it has besides. */
async function verifyFolder(around: Surroundings, folder: string, flags: VerifyFlags): Promise<number> {
  const { head, signers, signer } = flags;
  if ((signers === undefined) !== (signer === undefined))
    throw new OperatorError('A signature is by somebody, whose key is listed somewhere.', [
      'Give both: --signers ALLOWED_SIGNERS --signer NAME',
    ]);
  const verdict = await verifyBundle(around, folder, {
    head: head === undefined ? null : knownHead(head),
    signer: signers === undefined || signer === undefined ? null : { name: signer, signers },
  });
  if (flags.json === true)
    around.write(`${JSON.stringify({ schema: 'walkback.verify-bundle/1', folder, ...verdict }, null, 2)}\n`);
  else if (verdict.ok)
    around.write(
      `${folder}: ${String(verdict.files)} files as listed${signer === undefined ? '' : `, signed by ${inertLine(signer)}`}, ${String(verdict.rows)} events, head ${String(verdict.head.seq)} ${verdict.head.hash}\n`,
    );
  else around.write(`${folder}: NOT VERIFIED: ${inertLine(verdict.problem)}\n`);
  return verdict.ok ? exitCode.done : exitCode.failed;
}

export function lineOf(name: string, verdict: ChainVerdict): string {
  return verdict.ok
    ? `${name}: ledger verified, ${verdict.rows} events, head ${verdict.head.hash.slice(0, 16)}`
    : `${name}: BROKEN at seq ${verdict.seq} (${verdict.why}): ${verdict.detail}`;
}

/** However many there are: what was left out would look verified. */
const all = Number.MAX_SAFE_INTEGER;

function fromLedger(around: Surroundings, given: string | undefined, head: KnownHead | undefined) {
  if (given === undefined && head !== undefined)
    throw new OperatorError('A head is the head of one session.', [
      'Name it: walkback verify SESSION --head "…"',
    ]);

  const ledger = openLedgerForReading(around);
  if (ledger === null)
    throw new OperatorError(
      `There is no ledger ${around.ledgerPath}: nothing was verified.`,
      ['Is WALKBACK_LEDGER (or your home folder) the one that the sessions were run with?'],
      { exitCode: exitCode.unknown },
    );
  const ids =
    given === undefined
      ? [...ledger.sessions({ limit: all }), ...ledger.outside({ limit: all })].map(({ id }) => id)
      : [recordNamed(ledger, given)];
  const verdicts = ids.map((id) => ({ name: id, verdict: ledger.verify(id, head) }));
  ledger.close();
  return verdicts;
}

function fromFile(file: string, head: KnownHead | null): ChainVerdict {
  try {
    return verifyChain(parseJsonl(readFileSync(file, 'utf8')).rows, head);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      ['Give a file that walkback export --format jsonl wrote.'],
    );
  }
}
