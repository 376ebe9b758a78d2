import { createHash } from 'node:crypto';
import { createReadStream, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { OperatorError, exitCode } from '../../errors.ts';

const manifestSchema = z.strictObject({
  walkback_archive: z.literal(1),
  session: z.string(),
  id: z.string(),
  class: z.string(),
  source: z.string(),
  /** ISO 8601, UTC. */
  taken: z.string(),
  until: z.string(),
  file: z.string(),
  bytes: z.int(),
  /** Null where the source has no rows. */
  rows: z.int().nullable(),
  sha256: z.string(),
});

export type Manifest = Readonly<z.infer<typeof manifestSchema>>;

export const manifestName = 'manifest.json';
export const signatureName = 'manifest.json.sig';
export const holdName = 'hold.json';
/** What lies in an archive besides what is archived. */
export const ourNames: readonly string[] = [manifestName, signatureName, holdName];

/** One archive as it lies in the vault: `<vault>/<session>/<id>`, and `<id>.2`, … where the source has changed since. */
export interface Archive {
  readonly folder: string;
  readonly session: string;
  readonly id: string;
  readonly version: number;
}

/** Every archive of a vault, of one session where it is named, the oldest version of each first. */
export function archivesIn(vault: string, session?: string): readonly Archive[] {
  const sessions = session === undefined ? foldersIn(vault) : [session];
  return sessions.flatMap((one) =>
    foldersIn(join(vault, one))
      .flatMap((name): readonly Archive[] => {
        const found = /^([a-z][a-z0-9_]*)(?:\.(\d+))?$/.exec(name);
        const folder = join(vault, one, name);
        return found === null
          ? []
          : [{ folder, session: one, id: found[1] ?? '', version: Number(found[2] ?? 1) }];
      })
      .toSorted((a, b) => (a.id === b.id ? a.version - b.version : a.id < b.id ? -1 : 1)),
  );
}

const foldersIn = (folder: string): readonly string[] =>
  existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
        entry.isDirectory() && !entry.name.startsWith('.') ? [entry.name] : [],
      )
    : [];

/** The newest version of one archive. */
export const newestOf = (vault: string, session: string, id: string): Archive | null =>
  archivesIn(vault, session).findLast((one) => one.id === id) ?? null;

/** @throws OperatorError exit code 3 where it cannot be read */
export function readManifest({ folder }: Archive): Manifest {
  const file = join(folder, manifestName);
  try {
    return manifestSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch (cause) {
    throw new OperatorError(
      `${file} is not the manifest of an archive any more.`,
      ['Somebody changed it or it is damaged: take the archive from a copy of the vault.'],
      { cause, exitCode: exitCode.failed },
    );
  }
}

/** SHA-256 and size of a file, read in pieces. */
export async function digestOf(file: string): Promise<{ readonly sha256: string; readonly bytes: number }> {
  const sum = createHash('sha256');
  let bytes = 0;
  for await (const piece of createReadStream(file)) {
    const part = piece as Buffer;
    sum.update(part);
    bytes += part.length;
  }
  return { sha256: sum.digest('hex'), bytes };
}
