import { hash } from 'node:crypto';

/** Names a command in its claim. Values of variables stay out: a digest of a short secret can be guessed. */
export function commandDigest(command: {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
}): string {
  return hash('sha256', JSON.stringify([command.argv, command.cwd, Object.keys(command.env).toSorted()]));
}
