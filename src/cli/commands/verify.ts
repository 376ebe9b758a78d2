import { readFileSync } from 'node:fs';
import { OperatorError, exitCode } from '../../errors.ts';
import { verifyChain } from '../../ledger/verify-chain.ts';
import type { ChainVerdict } from '../../ledger/verify-chain.ts';
import { parseJsonl } from '../../report/parse-jsonl.ts';
import { openLedgerForReading, recordNamed } from '../ledger.ts';
import type { Surroundings } from '../surroundings.ts';

export interface VerifyFlags {
  readonly file?: string;
  readonly json?: true;
}

/** `walkback verify`: recomputes chains and names the first row that cannot be believed. */
export function verify(around: Surroundings, given: string | undefined, flags: VerifyFlags): number {
  const verdicts =
    flags.file === undefined
      ? fromLedger(around, given)
      : [{ name: flags.file, verdict: fromFile(flags.file) }];
  if (flags.json === true)
    around.write(`${JSON.stringify({ schema: 'walkback.verify/1', verdicts }, null, 2)}\n`);
  else for (const { name, verdict } of verdicts) around.write(`${lineOf(name, verdict)}\n`);
  return verdicts.every(({ verdict }) => verdict.ok) ? exitCode.done : exitCode.failed;
}

export function lineOf(name: string, verdict: ChainVerdict): string {
  return verdict.ok
    ? `${name}: ledger verified, ${verdict.rows} events, head ${verdict.head.hash.slice(0, 16)}`
    : `${name}: BROKEN at seq ${verdict.seq} (${verdict.why}): ${verdict.detail}`;
}

function fromLedger(around: Surroundings, given: string | undefined) {
  const ledger = openLedgerForReading(around);
  if (ledger === null) return [];
  const ids =
    given === undefined
      ? [...ledger.sessions({ limit: 100_000 }), ...ledger.outside({ limit: 100_000 })].map(({ id }) => id)
      : [recordNamed(ledger, given)];
  const verdicts = ids.map((id) => ({ name: id, verdict: ledger.verify(id) }));
  ledger.close();
  return verdicts;
}

function fromFile(file: string): ChainVerdict {
  try {
    return verifyChain(parseJsonl(readFileSync(file, 'utf8')).rows);
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    throw new OperatorError(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
      ['Give a file that walkback export --format jsonl wrote.'],
    );
  }
}
