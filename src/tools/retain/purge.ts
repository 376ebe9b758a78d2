import { appendFileSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';
import type { Times } from '../times.ts';
import { archivesIn, holdName, readManifest, type Archive } from './manifest.ts';
import { verifyArchive, type Signer } from './verify.ts';

export interface ArchiveName {
  readonly vault: string;
  readonly session: string;
  readonly id: string;
}

function versionsOf({ vault, session, id }: ArchiveName): readonly Archive[] {
  const found = archivesIn(vault, session).filter((one) => one.id === id);
  if (found.length > 0) return found;
  throw new OperatorError(
    `${vault} has no archive ${session}/${id}.`,
    ['See what it has: walkback data verify VAULT'],
    {
      exitCode: exitCode.failed,
    },
  );
}

const refuse = (message: string, step: string): never => {
  throw new OperatorError(message, [step], { exitCode: exitCode.failed });
};

/**
 * Removes every version of an archive, once its time is over, and keeps a line about it in `purged.jsonl`.
 * @throws OperatorError exit code 3 before its date, under a legal hold, or where it is not what its manifest says
 */
export async function purge(name: ArchiveName, times: Times, signer: Signer, by: string): Promise<number> {
  const versions = versionsOf(name);
  for (const archive of versions) {
    const held = holdOf(archive);
    if (held !== null)
      refuse(
        `${name.session}/${name.id} is under a legal hold: ${held}.`,
        'Lift it first: walkback data hold … --lift',
      );
    const { until } = readManifest(archive);
    if (!(times.epochMsOf(until) <= times.now()))
      refuse(`${name.session}/${name.id} is kept until ${until}.`, 'Come back then. Nothing was removed.');
    const verdict = await verifyArchive(archive, signer, signer === null);
    if (verdict.result !== 'pass')
      refuse(
        `${name.session}/${name.id} is not what its manifest says, so its date may be wrong too: ${verdict.detail}.`,
        'Find out who changed it. Nothing was removed.',
      );
  }
  for (const archive of versions) {
    const { sha256, until } = readManifest(archive);
    const line = {
      session: name.session,
      id: name.id,
      version: archive.version,
      sha256,
      until,
      by,
      at: times.isoOf(times.now()),
    };
    appendFileSync(join(name.vault, 'purged.jsonl'), `${JSON.stringify(line)}\n`, {
      mode: 0o600,
      flush: true,
    });
    const going = join(dirname(archive.folder), `.purged-${name.id}.${String(archive.version)}`);
    renameSync(archive.folder, going);
    rmSync(going, { recursive: true });
  }
  return versions.length;
}

/** The reason of a legal hold; null where there is none. */
function holdOf({ folder }: Archive): string | null {
  const file = join(folder, holdName);
  if (!existsSync(file)) return null;
  try {
    const { reason } = JSON.parse(readFileSync(file, 'utf8')) as { readonly reason?: unknown };
    return typeof reason === 'string' ? reason : 'its reason cannot be read';
  } catch {
    return 'its reason cannot be read';
  }
}

/** Puts an archive under a legal hold, or lifts it: a purge is refused as long as it stands, whatever the date. */
export function hold(name: ArchiveName, reason: string | null, times: Times, by: string): void {
  for (const archive of versionsOf(name)) {
    const file = join(archive.folder, holdName);
    if (reason === null) rmSync(file, { force: true });
    else
      writeFileSync(file, `${JSON.stringify({ reason, by, at: times.isoOf(times.now()) })}\n`, {
        mode: 0o600,
        flush: true,
      });
  }
}
