import { randomBytes } from 'node:crypto';
import { chmod, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

/**
 * Writes a file whole or not at all. The new text lies beside the old one first, under a name of its own, where `check`
 * can look at it; where `check` throws nothing has changed.
 */
export async function replaceFile(
  file: string,
  text: string,
  check: (candidate: string) => Promise<void>,
): Promise<void> {
  const candidate = join(dirname(file), `.${basename(file)}.${randomBytes(4).toString('hex')}`);
  const { mode } = await stat(file);
  try {
    const handle = await open(candidate, 'wx', mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(candidate, mode); // what open() gives is cut by the umask
    await check(candidate);
    await rename(candidate, file);
  } finally {
    await rm(candidate, { force: true });
  }
}
