import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { OperatorError } from '../../errors.ts';
import type { Database } from '../database/model.ts';
import { tableIsThere } from './export-table.ts';
import {
  digestOf,
  manifestName,
  newestOf,
  ourNames,
  readManifest,
  signatureName,
  type Archive,
  type Manifest,
} from './manifest.ts';
import type { RetainItem } from './plan.ts';
import { tableDigest } from './retain.ts';
import { verifySignature } from './signature.ts';

export interface ArchiveVerdict {
  readonly session: string;
  readonly id: string;
  readonly version: number;
  readonly result: 'pass' | 'fail' | 'unknown';
  readonly detail: string;
  readonly manifest: Manifest | null;
}

/** Whose signature is asked for; null: signatures are not asked for. */
export type Signer = { readonly signers: string; readonly principal: string } | null;

/**
 * Reads an archive again, every byte of it, and holds it against its manifest. A signature that nobody can check is
 * unknown: hashes alone do not show that the manifest is the one that was written.
 * @param unsigned the word that hashes are enough
 */
export async function verifyArchive(
  archive: Archive,
  signer: Signer,
  unsigned: boolean,
): Promise<ArchiveVerdict> {
  const { session, id, version, folder } = archive;
  const verdict = (result: ArchiveVerdict['result'], detail: string, manifest: Manifest | null) => ({
    session,
    id,
    version,
    result,
    detail,
    manifest,
  });
  let manifest: Manifest;
  try {
    manifest = readManifest(archive);
  } catch (error) {
    if (error instanceof OperatorError) return verdict('fail', error.message, null);
    throw error;
  }
  const file = join(folder, manifest.file);
  if (manifest.file.includes('/') || !existsSync(file))
    return verdict('fail', `${manifest.file} is not there any more`, manifest);
  const now = await digestOf(file);
  if (now.bytes !== manifest.bytes)
    return verdict(
      'fail',
      `${file} has ${String(now.bytes)} bytes instead of ${String(manifest.bytes)}`,
      manifest,
    );
  if (now.sha256 !== manifest.sha256)
    return verdict(
      'fail',
      `${file} was changed: sha256 ${now.sha256} instead of ${manifest.sha256}`,
      manifest,
    );
  if (manifest.id !== id || manifest.session !== session)
    return verdict('fail', `${folder} holds the archive ${manifest.session}/${manifest.id}`, manifest);
  const odd = readdirSync(folder).find((name) => name !== manifest.file && !ourNames.includes(name));
  if (odd !== undefined) return verdict('fail', `${join(folder, odd)} does not belong there`, manifest);
  return { ...verdict('pass', '', manifest), ...(await signatureOf(folder, signer, unsigned)) };
}

async function signatureOf(
  folder: string,
  signer: Signer,
  unsigned: boolean,
): Promise<Pick<ArchiveVerdict, 'result' | 'detail'>> {
  const signature = join(folder, signatureName);
  const signed = existsSync(signature);
  if (signer === null) {
    if (!signed) return { result: 'pass', detail: 'whole; not signed' };
    return unsigned
      ? { result: 'pass', detail: 'whole; its signature was not looked at' }
      : { result: 'unknown', detail: 'whole, but its signature was not checked: --signers FILE --as NAME' };
  }
  if (!signed) return { result: 'fail', detail: 'it has no signature' };
  const checked = await verifySignature(
    join(folder, manifestName),
    signature,
    signer.signers,
    signer.principal,
  );
  return checked.ok
    ? { result: 'pass', detail: `whole; ${checked.detail}` }
    : { result: 'fail', detail: `its signature does not hold: ${checked.detail}` };
}

/**
 * Whether an item of the plan is kept: its newest archive is whole, and holds all that its table holds now. A table
 * that is gone has nothing newer.
 */
export async function isRetained(
  item: RetainItem,
  place: { readonly vault: string; readonly session: string; readonly database: Database | null },
  signer: Signer,
): Promise<ArchiveVerdict> {
  const archive = newestOf(place.vault, place.session, item.id);
  const missing = { session: place.session, id: item.id, version: 0, manifest: null };
  if (archive === null) return { ...missing, result: 'fail', detail: 'it is not archived' };
  const verdict = await verifyArchive(archive, signer, signer === null);
  if (verdict.result !== 'pass' || item.table === undefined) return verdict;
  const { database } = place;
  if (database === null)
    return { ...verdict, result: 'unknown', detail: 'no database is named to compare it with' };
  if (!(await tableIsThere(database, item.table)))
    return { ...verdict, detail: `${verdict.detail}; ${item.table} is gone` };
  const now = await tableDigest(database, item);
  if (now.sha256 === verdict.manifest?.sha256) return verdict;
  return {
    ...verdict,
    result: 'fail',
    detail: `${item.table} has changed since it was archived (${String(now.rows)} rows now, ${String(verdict.manifest?.rows)} archived)`,
  };
}
