/** More than this does not reach the clipboard of most terminals by OSC 52. */
const mostBytes = 74_000;

/** The bytes that put a text into the terminal's clipboard, or null where it is too long for that. */
export function clipboardSequence(text: string): string | null {
  const bytes = Buffer.from(text, 'utf8');
  return bytes.length > mostBytes ? null : `\u001b]52;c;${bytes.toString('base64')}\u0007`;
}
