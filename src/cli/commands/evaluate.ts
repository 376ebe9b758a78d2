import { systemClock } from '../../actions/clock.ts';
import { OperatorError, exitCode } from '../../errors.ts';
import type { ExitCode } from '../../errors.ts';
import type { Advice } from '../../judge/advice.ts';
import { epochMsOf } from '../../machine/iso-time.ts';
import { evaluationJson, evaluationText, triggerLine } from '../../report/evaluation.ts';
import { parseDuration } from '../../runbook/duration.ts';
import type { Runbook } from '../../runbook/model.ts';
import { openLedgerForWriting } from '../ledger.ts';
import { loadOrRefuse } from '../load.ts';
import { appendOutside } from '../records/outside-record.ts';
import { newRecordId } from '../records/record-id.ts';
import { environmentMeant } from '../starting/start-session.ts';
import type { Surroundings } from '../surroundings.ts';
import { readVerdict } from '../numbers/verdict.ts';

export interface EvaluateFlags {
  readonly env?: string;
  readonly release?: string;
  readonly input: Readonly<Record<string, string>>;
  readonly wait?: string;
  readonly released?: string;
  readonly json?: true;
}

/** What a pipeline branches on. */
const codeOfAdvice: Readonly<Record<Advice, ExitCode>> = {
  healthy: exitCode.done,
  investigate: exitCode.investigate,
  rollback: exitCode.rollBack,
  unknown: exitCode.unknown,
};

/**
 * `walkback evaluate`: do the numbers agreed beforehand say roll back? Read-only; the verdict is recorded in the ledger
 * before it is told. Exit 0 healthy, 10 investigate, 20 roll back, 30 unknown, 2 bad usage.
 */
export async function evaluate(around: Surroundings, file: string, flags: EvaluateFlags): Promise<number> {
  const { runbook } = loadOrRefuse(file);
  if (runbook.triggers.length === 0) {
    throw new OperatorError(`${file} has no triggers, so there is nothing to evaluate.`, [
      'Add `triggers:` (a probe, `breach`, `for`) and, where there are several, `decide:`.',
    ]);
  }
  const environment = environmentMeant(runbook, flags.env ?? null);
  const clock = systemClock();
  const released = toldTime(flags, clock.now().ms);
  const most = waitOf(runbook, file, flags);
  const ledger = openLedgerForWriting(around); // first: a verdict that cannot be recorded is not given
  const ending = new AbortController();
  const hooks = stopOn(ending);
  try {
    const made = await readVerdict(
      around,
      {
        runbook,
        file,
        environment,
        given: withRelease(runbook, file, flags),
        release: flags.release ?? null,
        released,
        wait: most === null ? null : { most, words: flags.wait ?? '' },
        signal: ending.signal,
      },
      (read) => around.warn(`${clock.now().iso.slice(11, 19)} ${triggerLine(read)}\n`),
    );
    const record = newRecordId(clock.now().iso);
    appendOutside(ledger, record, around.user, () => [made]);
    const shown = { record, at: clock.now().iso, exit: codeOfAdvice[made.advice], made };
    around.write(flags.json === true ? evaluationJson(shown) : evaluationText(shown, around.columns || 120));
    const stopped: unknown = ending.signal.reason;
    return typeof stopped === 'number' ? stopped : shown.exit;
  } finally {
    hooks();
    ledger.close();
  }
}

/** `--release` is the input of that name where the runbook has one. */
export function withRelease(
  runbook: Runbook,
  file: string,
  flags: Pick<EvaluateFlags, 'release' | 'input'>,
): Readonly<Record<string, string>> {
  const { release, input } = flags;
  if (release === undefined || !runbook.inputs.some(({ id }) => id === 'release')) return input;
  if (input['release'] !== undefined && input['release'] !== release) {
    throw new OperatorError(`--release ${release} and --input release=${input['release']} differ.`, [
      `Give one of them: walkback evaluate ${file} --release ${release}`,
    ]);
  }
  return { ...input, release };
}

/** When the release was finished, as told; null where nobody told. */
function toldTime({ released }: EvaluateFlags, nowMs: number): number | null {
  if (released === undefined) return null;
  const ms = epochMsOf(released);
  if (Number.isNaN(ms)) {
    throw new OperatorError(`--released takes a time, not “${released}”.`, [
      'Write it like 2026-03-01T18:02:00Z.',
    ]);
  }
  if (ms > nowMs) {
    throw new OperatorError(`--released ${released} is in the future.`, ['Give the time it was done.']);
  }
  return ms;
}

/** How long is waited, in milliseconds, or to the end of the window; null where nobody waits. */
function waitOf({ window }: Runbook, file: string, { wait }: EvaluateFlags): number | 'window' | null {
  if (wait === undefined) return null;
  if (wait === 'window') {
    if (window !== null) return wait;
    throw new OperatorError(`${file} has no \`window:\`, so --wait window has no end.`, [
      'Add `window: { opens: …, evaluate: 30m, extended: 24h }`, or give a span: --wait 10m.',
    ]);
  }
  const ms = parseDuration(wait);
  if (ms !== null && ms > 0) return ms;
  throw new OperatorError(`--wait takes “window” or a span like 10m, not “${wait}”.`, [
    'Leave it out to read once.',
  ]);
}

/** A pipeline that is cancelled ends the wait: how things stand is recorded, and the signal's code is the answer. */
function stopOn(ending: AbortController): () => void {
  const codes = { SIGINT: 130, SIGTERM: 143 } as const;
  const hooks = (['SIGINT', 'SIGTERM'] as const).map((signal) => {
    const stop = (): void => ending.abort(codes[signal]);
    process.on(signal, stop);
    return () => process.off(signal, stop);
  });
  return () => hooks.forEach((unhook) => unhook());
}
