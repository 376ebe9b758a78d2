import type { Desk } from './desk.ts';

const lastLine = '-----END SSH SIGNATURE-----';
const mostLines = 100;

/** A whole SSH signature, line by line; null where it is none. */
export async function pastedSignature({ ask }: Pick<Desk, 'ask'>): Promise<string | null> {
  const lines: string[] = [];
  while (lines.at(-1) !== lastLine && lines.length < mostLines) {
    const line = await ask(lines.length === 0 ? 'Paste the signature: ' : '');
    if (line === null || line.trim() === '') break;
    lines.push(line.trim());
  }
  return lines.at(-1) === lastLine ? `${lines.join('\n')}\n` : null;
}
