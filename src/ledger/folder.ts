import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  statfsSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { OperatorError, exitCode } from '../errors.ts';
import { codeOf, explain } from './trouble.ts';

/** What `statfs` says of a folder; tests give their own. */
export interface FileSystemFacts {
  readonly type: number;
  readonly bsize: number;
  readonly bavail: number;
}

export type StatFileSystem = (folder: string) => FileSystemFacts;

export const statFileSystem: StatFileSystem = (folder) => {
  const { type, bsize, bavail } = statfsSync(folder);
  return { type, bsize, bavail };
};

/** Linux magic numbers of file systems whose locks or shared memory do not hold across machines. */
const network = new Map<number, string>([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x5346414f, 'AFS'],
  [0x73757245, 'Coda'],
  [0x01021997, '9p'],
  [0x564c, 'NCP'],
  [0x00c36400, 'Ceph'],
  [0x01161970, 'GFS2'],
  [0x7461636f, 'OCFS2'],
  [0x0bd00bd0, 'Lustre'],
  [0x786f4256, 'a shared folder of a virtual machine'],
]);
/** A FUSE file system may be local or remote: the kernel does not tell. */
const fuse = 0x65735546;

/**
 * Makes the ledger's folder (0700) and file (0600) where they are missing, and refuses places where others could
 * write or where SQLite's locks cannot be trusted. Answers warnings in words.
 */
export function preparePlace(path: string, statFs: StatFileSystem, platform: string): readonly string[] {
  const folder = dirname(path);
  try {
    makeFolder(folder);
    const warnings = checkFolder(folder, statFs, platform);
    makeFile(path, folder);
    return warnings;
  } catch (error) {
    throw explain(error, { path, doing: 'make a place for the ledger', needBytes: 4096 });
  }
}

/** The checks of `preparePlace` without making anything; for readers. */
export function checkPlace(path: string, statFs: StatFileSystem, platform: string): readonly string[] {
  const folder = dirname(path);
  try {
    const warnings = checkFolder(folder, statFs, platform);
    checkFile(path);
    return warnings;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') {
      throw new OperatorError(
        `There is no ledger at ${path}.`,
        ['Start a session: the first one makes it.'],
        {
          cause: error,
          exitCode: exitCode.failed,
        },
      );
    }
    throw explain(error, { path, doing: 'read the ledger' });
  }
}

function makeFolder(folder: string): void {
  const made = mkdirSync(folder, { recursive: true, mode: 0o700 });
  // mkdir's mode went through the umask, which may have taken bits that the owner needs.
  if (made !== undefined) chmodSync(folder, 0o700);
}

function checkFolder(folder: string, statFs: StatFileSystem, platform: string): readonly string[] {
  const found = lstatSync(folder);
  if (found.isSymbolicLink()) throw refused(folder, 'is a symbolic link', 'Name the real folder instead.');
  if (!found.isDirectory()) throw refused(folder, 'is not a folder', 'Name a folder of your own.');
  checkOwner(folder, found.uid);
  if ((found.mode & 0o022) !== 0) {
    throw refused(
      folder,
      'can be written by others',
      `Run \`chmod 700 ${folder}\`, or name a folder of your own.`,
    );
  }
  if (platform !== 'linux') return [];
  const { type } = statFs(folder);
  // statfs gives a signed 32-bit number on some systems.
  const name = network.get(type >>> 0);
  if (name !== undefined) {
    throw refused(
      folder,
      `is on a network file system (${name}), where locks do not hold and acknowledged events can be lost`,
      'Put the ledger on a local disk: set XDG_DATA_HOME, or name another file.',
    );
  }
  if (type >>> 0 !== fuse) return [];
  return [`${folder} is on a FUSE file system: if it is remote, locks may not hold. A local disk is safer.`];
}

function makeFile(path: string, folder: string): void {
  let made: number;
  try {
    made = openSync(
      path,
      constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW,
      0o600,
    );
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    checkFile(path);
    return;
  }
  fchmodSync(made, 0o600);
  closeSync(made);
  // The new name itself must survive a power cut.
  const parent = openSync(folder, constants.O_RDONLY);
  fsyncSync(parent);
  closeSync(parent);
}

function checkFile(path: string): void {
  const found = lstatSync(path);
  if (found.isSymbolicLink()) throw refused(path, 'is a symbolic link', 'Name the real file instead.');
  if (!found.isFile()) throw refused(path, 'is not a regular file', 'Name another file.');
  checkOwner(path, found.uid);
  if ((found.mode & 0o022) !== 0) {
    throw refused(
      path,
      'can be written by others',
      `Check who changed it (\`walkback verify\`), then \`chmod 600 ${path}\`.`,
    );
  }
}

function checkOwner(path: string, uid: number): void {
  const own = process.geteuid?.();
  if (own === undefined || uid === own) return;
  throw refused(
    path,
    `belongs to another user (uid ${uid}, you are ${own})`,
    'Run as its owner, or name a place of your own.',
  );
}

const refused = (path: string, why: string, next: string): OperatorError =>
  new OperatorError(`${path} ${why}: the ledger is not kept there.`, [next], { exitCode: exitCode.refused });
