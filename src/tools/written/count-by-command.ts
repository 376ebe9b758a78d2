import { execa } from 'execa';

interface Counted {
  readonly count: number | null;
  readonly code: string | null;
  readonly detail: string;
}

function countIn(text: string): number | null {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  try {
    const value: unknown = JSON.parse(text);
    const count = typeof value === 'object' && value !== null && 'count' in value ? value.count : null;
    return typeof count === 'number' && Number.isSafeInteger(count) && count >= 0 ? count : null;
  } catch {
    return null;
  }
}

/**
 * Counts by a command: messages in a queue, objects in a store, documents of a search index. It prints a whole number,
 * or JSON with `count`; `SINCE` in its environment says since when. Anything else is unknown.
 */
export async function countByCommand(
  argv: readonly string[],
  since: string,
  limitMs: number,
): Promise<Counted> {
  const [program = '', ...args] = argv;
  const ended = await execa(program, args, {
    env: { SINCE: since },
    stdin: 'ignore',
    reject: false,
    timeout: limitMs,
    killSignal: 'SIGKILL',
    maxBuffer: 1024 * 1024,
  });
  const unknown = (code: string, detail: string): Counted => ({ count: null, code, detail });
  if (ended.timedOut) return unknown('timeout', `${program} did not answer within ${String(limitMs)} ms`);
  if (ended.exitCode === undefined) return unknown('not_started', ended.shortMessage ?? program);
  if (ended.exitCode !== 0)
    return unknown('failed', `${program} ended with ${String(ended.exitCode)}: ${ended.stderr.slice(-200)}`);
  const count = countIn(ended.stdout.trim());
  if (count === null)
    return unknown('no_number', `${program} printed no count: ${ended.stdout.slice(0, 120)}`);
  return { count, code: null, detail: '' };
}
