import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/** One line from the person at the terminal; null when they are gone or the question is moot. */
export function askLine(question: string, signal?: AbortSignal): Promise<string | null> {
  return readLine(process.stdout, question, signal);
}

/** A line of which nothing is shown while it is typed or pasted; null when they are gone. */
async function askHidden(question: string): Promise<string | null> {
  const nowhere = new Writable({ write: (_bytes, _encoding, done) => done() });
  const answer = readLine(nowhere, '');
  // only now: once the question stands there somebody types, and by then the terminal must not echo any more
  process.stdout.write(question);
  return answer.finally(() => process.stdout.write('\n'));
}

/** Reads a line as a terminal where it can, so that the echo is ours: it goes to `output`. */
function readLine(
  output: NodeJS.WritableStream,
  question: string,
  signal?: AbortSignal,
): Promise<string | null> {
  return new Promise((resolve) => {
    const reader = createInterface({ input: process.stdin, output, terminal: process.stdin.isTTY });
    const done = (answer: string | null): void => {
      // readline listens to its own end as well, to let go of the keys
      reader.off('close', gone);
      signal?.removeEventListener('abort', moot);
      reader.close();
      resolve(answer);
    };
    const moot = (): void => done(null);
    const gone = (): void => resolve(null);
    reader.once('close', gone);
    signal?.addEventListener('abort', moot, { once: true });
    reader.question(question, done);
  });
}

/** Asks for an input before the session starts; null where the person leaves (Ctrl-D, Ctrl-C). A secret is not shown. */
export async function askInput(
  question: string,
  example: string | null,
  secret: boolean,
): Promise<string | null> {
  const hints = [...(example === null ? [] : [`for example ${example}`]), ...(secret ? ['not shown'] : [])];
  const text = `${question}${hints.length === 0 ? '' : ` (${hints.join('; ')})`} `;
  return (await (secret ? askHidden(text) : askLine(text)))?.trim() ?? null;
}
