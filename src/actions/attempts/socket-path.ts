import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { OperatorError } from '../../errors.ts';

/** A socket's address holds 107 bytes on Linux and 103 on macOS. */
const longest = 103;

/** A new socket path in the session's folder, or, where that is too deep, in a folder of this user's alone. */
export function newSocketPath(folder: string, runtimeFolder: string | undefined): string {
  const name = `${randomBytes(4).toString('hex')}.sock`;
  const near = path.join(folder, name);
  if (fits(near)) return near;
  const runtime = runtimeFolder === undefined ? null : path.join(runtimeFolder, 'walkback');
  const far =
    runtime !== null && fits(path.join(runtime, name))
      ? runtime
      : path.join(tmpdir(), `walkback-${userInfo().uid}`);
  return path.join(ownFolder(far), name);
}

const fits = (file: string): boolean => Buffer.byteLength(file) <= longest;

/** Makes the folder, or refuses one that another user could have prepared for us. */
function ownFolder(folder: string): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(folder);
  if (lstatSync(folder).isDirectory() && uid === userInfo().uid && (mode & 0o077) === 0) return folder;
  throw new OperatorError(`${folder} is not a folder of yours alone, so no socket is put there.`, [
    `Remove it, or run \`chmod 700 ${folder}\` if it is yours.`,
  ]);
}
