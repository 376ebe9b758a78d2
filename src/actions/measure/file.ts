import { Buffer } from 'node:buffer';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { abortedAnswer, errorCode, errorText, known, unknown, type Answer, type Limits } from './answer.ts';

/** A regular file's text; null where there is no such file. Never follows a link, never waits on a pipe. */
export async function measureFile(path: string, cwd: string, limits: Limits): Promise<Answer> {
  let file: FileHandle;
  try {
    file = await open(resolve(cwd, path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (cause) {
    return whyNotOpened(cause);
  }
  try {
    const found = await file.stat();
    if (!found.isFile()) return unknown('not_regular', `${path} is not a regular file.`);
    const buffer = Buffer.allocUnsafe(limits.mostBytes + 1);
    let size = 0;
    while (size < buffer.length) {
      if (limits.signal.aborted) return abortedAnswer(limits.signal);
      const { bytesRead } = await file.read(buffer, size, buffer.length - size);
      if (bytesRead === 0) break;
      size += bytesRead;
    }
    if (size > limits.mostBytes)
      return unknown('too_large', `${path} is larger than ${limits.mostBytes} bytes.`);
    const text = buffer.toString('utf8', 0, size);
    return known(text.replace(/[\r\n]+$/, ''), { text });
  } catch (cause) {
    return unknown('denied', errorText(cause));
  } finally {
    await file.close();
  }
}

function whyNotOpened(cause: unknown): Answer {
  const code = errorCode(cause);
  if (code === 'ENOENT' || code === 'ENOTDIR') return known(null, { text: '' });
  if (code === 'ELOOP' || code === 'EMLINK')
    return unknown('not_regular', 'It is a link, and links are not followed.');
  if (code === 'ENXIO' || code === 'EISDIR') return unknown('not_regular', errorText(cause));
  return unknown('denied', errorText(cause));
}
