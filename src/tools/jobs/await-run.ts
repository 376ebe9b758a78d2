import { execa } from 'execa';

export interface AwaitedRun {
  /** Prints something about the last good run that changes with each: a time, a number, an id. */
  readonly lastRun: readonly string[];
  readonly withinMs: number;
  readonly everyMs: number;
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Monotonic milliseconds. */
  readonly mono: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

export type Seen =
  | { readonly seen: true; readonly before: string; readonly after: string }
  | { readonly seen: false; readonly last: string | null; readonly why: string };

/**
 * Waits until a good run is seen: until what the command prints about the last one is another than at the beginning. A
 * run that ended before does not count, so being asked again after a crash waits for one more run, and never too few.
 */
export async function awaitRun(run: AwaitedRun): Promise<Seen> {
  const until = run.mono() + run.withinMs;
  let first: string | null = null;
  let why = 'no run was seen';
  for (;;) {
    const answer = await lastRunOf(run);
    if (answer.ok) {
      if (first !== null && answer.text !== first) return { seen: true, before: first, after: answer.text };
      first ??= answer.text;
      why = 'no run was seen';
    } else why = answer.why;
    if (run.mono() + run.everyMs > until) return { seen: false, last: first, why };
    await run.pause(run.everyMs);
  }
}

async function lastRunOf({
  lastRun,
  env,
  cwd,
}: AwaitedRun): Promise<
  { readonly ok: true; readonly text: string } | { readonly ok: false; readonly why: string }
> {
  const [program = '', ...args] = lastRun;
  const result = await execa(program, args, {
    env,
    extendEnv: false,
    cwd,
    reject: false,
    stdin: 'ignore',
    timeout: 30_000,
  });
  if (result.failed || result.exitCode !== 0)
    return { ok: false, why: result.stderr.trim() || result.shortMessage || `${program} failed` };
  const text = result.stdout.trim();
  return text === '' ? { ok: false, why: `${program} prints nothing` } : { ok: true, text };
}
