import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OperatorError, exitCode } from '../../errors.ts';

/**
 * Writes a file whole or not at all. The new text lies beside the old one first, under a name of its own, where `check`
 * can look at it; where `check` throws nothing has changed. A link stays one, and the file keeps its owner and mode.
 * @param given a path, also of a link
 * @throws OperatorError exit code 3 where the file does not hold `before` any more, or would lose its readers
 */
export async function replaceFile(
  given: string,
  { before, after }: { readonly before: string; readonly after: string },
  check: (candidate: string) => Promise<void>,
): Promise<void> {
  const file = await realpath(given);
  const candidate = join(dirname(file), `.${basename(file)}.${randomBytes(4).toString('hex')}`);
  try {
    const handle = await open(candidate, 'wx', 0o600);
    try {
      await handle.writeFile(after);
      await takeOver(handle, file);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await check(candidate);
    if ((await readFile(file, 'utf8')) !== before)
      throw refused(
        `${given} was changed meanwhile by somebody else.`,
        'Look at what they did, then try again.',
      );
    await rename(candidate, file);
  } finally {
    await rm(candidate, { force: true });
  }
}

/** Owner and mode of the old file: a proxy that reads it by its group must go on reading it. */
async function takeOver(handle: FileHandle, file: string): Promise<void> {
  const [old, own] = [await stat(file), await handle.stat()];
  if (old.uid !== own.uid || old.gid !== own.gid) {
    const kept = await handle.chown(old.uid, old.gid).then(
      () => true,
      () => false,
    );
    const everybodyReads = (old.mode & 0o004) !== 0;
    if (!kept && !everybodyReads)
      throw refused(
        `${file} belongs to somebody else, and who reads it by its owner or group could not any more.`,
        'Do this as its owner, or as root. Nothing was written.',
      );
  }
  await handle.chmod(old.mode & 0o7777);
}

const refused = (message: string, step: string): OperatorError =>
  new OperatorError(message, [step], { exitCode: exitCode.failed });
