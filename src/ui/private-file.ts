import { mkdir, open, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const largestSignature = 64 * 1024;

/** Writes a file that only its owner can read, and answers its path. */
export async function writePrivate(folder: string, name: string, text: string): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, name);
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

/** Writes many pieces without holding them all. */
export async function writePieces(folder: string, name: string, pieces: Iterable<string>): Promise<string> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, name);
  const file = await open(path, 'w', 0o600);
  try {
    for (const piece of pieces) await file.writeFile(piece);
  } finally {
    await file.close();
  }
  return path;
}

const armour = /-----BEGIN SSH SIGNATURE-----([\s\S]*?)-----END SSH SIGNATURE-----/;

/** A signature as it was made: out of a pasted text (whose lines were joined) or out of the file it names. */
export async function readSignature(given: string): Promise<string> {
  const text = given.includes('BEGIN SSH SIGNATURE') ? given : await readSmall(given);
  const match = armour.exec(text);
  if (!match) return text;
  const lines = (match[1] ?? '').split(/\s+/).filter((line) => line !== '');
  return ['-----BEGIN SSH SIGNATURE-----', ...lines, '-----END SSH SIGNATURE-----', ''].join('\n');
}

async function readSmall(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > largestSignature) throw new Error(`${path} is too large to be a signature`);
  return readFile(path, 'utf8');
}
