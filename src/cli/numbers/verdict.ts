import { dirname, resolve } from 'node:path';
import { systemClock } from '../../actions/clock.ts';
import { redactorOf } from '../../actions/redact.ts';
import type { FactOf } from '../../machine/facts.ts';
import { isoOf } from '../../machine/iso-time.ts';
import type { TriggerRead } from '../../machine/facts/outside.ts';
import type { Environment } from '../../runbook/model.ts';
import type { Runbook } from '../../runbook/model.ts';
import type { Probe } from '../../runbook/model/values.ts';
import type { Span } from '../../session/criteria/trigger-reading.ts';
import { evaluateOnce, evaluateUntil } from '../../session/evaluate.ts';
import { criteriaValues } from './criteria-values.ts';
import { measurerHere } from '../measurer.ts';
import { releaseTime } from './release-time.ts';
import type { Surroundings } from '../surroundings.ts';
import { version } from '../version.ts';

export interface VerdictAsked {
  readonly runbook: Runbook;
  readonly file: string;
  readonly environment: Environment | null;
  /** Inputs by name, as given. */
  readonly given: Readonly<Record<string, string>>;
  /** The release that is judged; null takes the input of that name. */
  readonly release: string | null;
  /** When it was finished, epoch milliseconds, as told; null asks the deploy event that the runbook's window reads. */
  readonly released: number | null;
  /** Waits until a trigger fires, at most so many milliseconds; `words` is how that was said. Null reads once. */
  readonly wait: { readonly most: number | 'window'; readonly words: string } | null;
  readonly signal: AbortSignal;
}

/** Reads the numbers agreed beforehand: the fact to be recorded. Changes nothing; `tell` gets each change of a wait. */
export async function readVerdict(
  around: Surroundings,
  asked: VerdictAsked,
  tell: (read: TriggerRead) => void = () => undefined,
): Promise<FactOf<'evaluation.made'>> {
  const { runbook, file, environment, wait, signal } = asked;
  const clock = systemClock();
  const measurer = measurerHere(around, runbook, { cwd: dirname(resolve(file)) });
  try {
    const { fill, inputs, secrets } = await criteriaValues(around, runbook, environment, {
      given: asked.given,
      measurer,
      now: clock.now().iso,
    });
    const { text } = redactorOf(secrets);
    const nowMs = clock.now().ms;
    const released = await releaseTime({
      runbook,
      told: asked.released,
      waitsForWindow: wait?.most === 'window',
      nowMs,
      measurer,
      fill,
      signal,
      warn: (words) => around.warn(text(words)),
    });
    const windowEndMs =
      released === null || runbook.window === null ? null : released.ms + runbook.window.evaluateMs;
    const endMs = wait === null ? null : wait.most === 'window' ? windowEndMs : nowMs + wait.most;
    const options = {
      criteria: runbook,
      source: {
        now: () => clock.now().ms,
        measure: (probe: Probe) => measurer.measure(probe, fill, signal),
        series: (probe: Probe, span: Span) => measurer.series(probe, fill, span, signal),
      },
      clock,
      release: { openedMs: released?.ms ?? null, endMs: windowEndMs },
      signal,
    };
    const since = clock.mono();
    const found = endMs === null ? await evaluateOnce(options) : await evaluateUntil(options, endMs, tell);
    return {
      ...madeHere(around, asked),
      release: asked.release ?? inputs['release'] ?? null,
      inputs,
      advice: found.advice,
      because: text(found.because),
      ...(released === null ? {} : { released: { at: isoOf(released.ms), source: text(released.source) } }),
      waited: wait === null ? null : { for: wait.words, ms: Math.round(clock.mono() - since) },
      triggers: found.triggers.map((trigger) => ({ ...trigger, why: text(trigger.why) })),
      success: found.success.map((criterion) => ({ ...criterion, why: text(criterion.why) })),
    };
  } finally {
    await measurer.close();
  }
}

/** The fact of an evaluation that could not be made: nothing is known, and that is what is recorded. */
export const unreadVerdict = (
  around: Surroundings,
  asked: Pick<VerdictAsked, 'runbook' | 'file' | 'environment' | 'release'>,
  because: string,
): FactOf<'evaluation.made'> => ({
  ...madeHere(around, asked),
  release: asked.release,
  inputs: {},
  advice: 'unknown',
  because,
  waited: null,
  triggers: [],
  success: [],
});

function madeHere(
  around: Surroundings,
  { runbook, file, environment }: Pick<VerdictAsked, 'runbook' | 'file' | 'environment'>,
): Pick<FactOf<'evaluation.made'>, 'type' | 'by' | 'runbook' | 'environment' | 'program'> {
  const { id, title, service, hash } = runbook;
  return {
    type: 'evaluation.made',
    by: around.user,
    runbook: { id, title, service, hash, file: resolve(file) },
    environment: environment?.id ?? '',
    program: `walkback ${version}`,
  };
}
