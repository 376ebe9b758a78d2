import { execa } from 'execa';

/** Something that was found out, with the command or file that said so. */
export interface Finding {
  /** A value of the runbook's environment. */
  readonly key: string;
  readonly value: string;
  readonly source: string;
}

export interface Discovery {
  readonly findings: readonly Finding[];
  /** Better examples for what the runbook asks, by input. */
  readonly examples: Readonly<Record<string, string>>;
  /** What was seen and may help, in sentences. */
  readonly notes: readonly string[];
  /** What could not be looked at, and why. */
  readonly skipped: readonly string[];
}

export const nothing: Discovery = { findings: [], examples: {}, notes: [], skipped: [] };

export const together = (parts: readonly Discovery[]): Discovery => ({
  findings: parts.flatMap(({ findings }) => findings),
  examples: Object.assign({}, ...parts.map(({ examples }) => examples)) as Readonly<Record<string, string>>,
  notes: parts.flatMap(({ notes }) => notes),
  skipped: parts.flatMap(({ skipped }) => skipped),
});

export interface Place {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** How long one command or one request may take, in milliseconds. */
  readonly timeoutMs: number;
}

export type Looked =
  { readonly ok: true; readonly out: string } | { readonly ok: false; readonly why: string };

/** Runs one command that only reads. A tool that is missing, slow or refuses is told and never stops the rest. */
export async function look(place: Place, argv: readonly string[]): Promise<Looked> {
  const [program = '', ...args] = argv;
  const result = await execa(program, args, {
    cwd: place.cwd,
    env: { ...place.env, LC_ALL: 'C.UTF-8', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: place.timeoutMs,
    maxBuffer: 32 * 1024 * 1024,
  });
  if (result.code === 'ENOENT') return { ok: false, why: `${program} is not installed` };
  if (result.timedOut)
    return { ok: false, why: `${said(argv)} did not answer in ${String(place.timeoutMs / 1000)} s` };
  if (result.exitCode === 0) return { ok: true, out: result.stdout.trim() };
  const first = result.stderr.split('\n').find((line) => line.trim() !== '');
  return { ok: false, why: `${said(argv)}: ${first ?? `exit ${String(result.exitCode)}`}` };
}

/** A command as a comment tells it. */
export const said = (argv: readonly string[]): string => argv.join(' ');
