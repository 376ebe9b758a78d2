import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Runbook } from '../../runbook/model.ts';
import { listsOfSigners } from '../../runbook/signers.ts';
import { changedFiles } from '../../session/changed-files.ts';
import type { InputSources } from '../starting/inputs.ts';
import { shippedFolder } from '../program-files.ts';
import { copySet } from '../starting/session-folder.ts';
import { showChanges } from './show-changes.ts';
import type { Surroundings } from '../surroundings.ts';

interface Trusted {
  readonly file: string;
  readonly hash: string;
  /** Where the bytes lie that were trusted, beside this record. */
  readonly folder: string;
  readonly closure: Runbook['closure'];
}

export interface Agreement {
  /** Said beforehand: `--trust`. */
  readonly given: boolean;
  /** Somebody else looked at these bytes already, or answers for them: the changes are told, not asked about. */
  readonly answered: boolean;
  readonly ask: InputSources['ask'];
  /** A drill, or a look: where nobody is there to ask, changes are told, and nothing is trusted by it. */
  readonly practice: boolean;
}

/**
 * Makes sure that this person trusts the bytes that are about to run. Who starts a runbook for the first time trusts it by
 * that; once it differs, in the file, a fragment or a script, the changes are shown, and it runs only when they agree.
 * @throws OperatorError where they do not, or where nobody is there to ask
 */
export async function trustRunbook(
  around: Surroundings,
  runbook: Pick<Runbook, 'closure' | 'hash' | 'file' | 'roles'>,
  file: string,
  agreement: Agreement,
): Promise<void> {
  const { closure, hash } = runbook;
  const real = realpathSync(file);
  if (isShipped(around, real)) return;
  const place = join(
    around.dataFolder,
    'trusted',
    createHash('sha256').update(real).digest('hex').slice(0, 32),
  );
  const known = readTrusted(place);
  if (known?.hash === hash) return;
  if (known !== null) await agree(around, real, known, runbook, place, agreement);
  if (agreement.practice && agreement.ask === null) return;
  const folder = hash.replace(/^sha256:/, '').slice(0, 16);
  copySet(runbook, dirname(real), join(place, folder));
  const trusted: Trusted = { file: real, hash, folder, closure: [...closure] };
  const beside = join(place, 'trusted.json.new');
  writeFileSync(beside, `${JSON.stringify(trusted, null, 2)}\n`, { mode: 0o600, flush: true });
  renameSync(beside, join(place, 'trusted.json'));
}

/** Whether it came with the program. */
function isShipped(around: Surroundings, real: string): boolean {
  const folder = shippedFolder(around, 'runbooks');
  return existsSync(folder) && real.startsWith(`${realpathSync(folder)}${sep}`);
}

async function agree(
  around: Surroundings,
  file: string,
  known: Trusted,
  runbook: Parameters<typeof trustRunbook>[1],
  place: string,
  { given, answered, ask, practice }: Agreement,
): Promise<void> {
  const changed = changedFiles(known.closure, runbook.closure);
  const lines = showChanges(changed, join(place, known.folder), dirname(file));
  around.warn(`walkback: changed since you last ran it:\n${lines.map((line) => `  ${line}\n`).join('')}`);
  // a review is proved by the list of signers itself, so it answers for everything but for who may sign
  const lists = listsOfSigners(runbook);
  if (given || (answered && !changed.some(({ path }) => lists.has(path)))) return;
  const refused = (message: string): OperatorError =>
    new OperatorError(
      message,
      ['Look at the changes above; then run it again, with --trust to agree beforehand.'],
      {
        exitCode: exitCode.refused,
      },
    );
  if (ask === null && practice) return;
  if (ask === null) throw refused(`${file} is not what you last ran, and nobody is there to agree to it.`);
  const said = await ask('Run it with these changes? Type yes:', null, false);
  if (said?.trim().toLowerCase() !== 'yes')
    throw refused(`${file} is not what you last ran; it was not started.`);
}

/** What was trusted last; a record that cannot be read trusts nothing, and what it was about is looked at anew. */
function readTrusted(place: string): Trusted | null {
  let text: string;
  try {
    text = readFileSync(join(place, 'trusted.json'), 'utf8');
  } catch {
    return null;
  }
  return asTrusted(text) ?? { file: '', hash: '', folder: '.', closure: [] };
}

/** Only this program writes it; one that was broken since is no record. */
function asTrusted(text: string): Trusted | null {
  try {
    const found = JSON.parse(text) as Partial<Trusted> | null;
    const { file, hash, folder, closure } = found ?? {};
    const isClosed =
      Array.isArray(closure) &&
      closure.every(({ path, sha256 }) => typeof path === 'string' && typeof sha256 === 'string');
    if (typeof file !== 'string' || typeof hash !== 'string' || !isClosed) return null;
    return folder !== undefined && /^[0-9a-f]{16}$/.test(folder) ? { file, hash, folder, closure } : null;
  } catch {
    return null;
  }
}
