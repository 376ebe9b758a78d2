import { OperatorError } from '../../errors.ts';
import { compilePattern } from '../../runbook/pattern.ts';
import type { Times } from '../times.ts';
import { normalise, type Normalisation } from './fingerprint.ts';
import { followLog } from './follow-log.ts';
import { badLevels, readLogLine } from './log-line.ts';
import type { ErrorSource, Spans } from './model.ts';
import { openCounter } from './tally.ts';

export interface LogPlan {
  readonly file: string;
  readonly spans: Spans;
  readonly taken: ReadonlySet<Normalisation>;
  /** RE2: a line that it matches is an error; null where the level of the line decides. */
  readonly match: string | null;
  /** RE2: lines that are no errors, whatever else is true of them. */
  readonly ignore: string | null;
  /** A log in which nothing at all was written since the rollback's end says nothing of its errors. */
  readonly alive: boolean;
}

/** The errors of one log file, followed through rotation. */
export function logSource(plan: LogPlan, times: Times): ErrorSource {
  const { file, spans, taken, alive } = plan;
  const matches = testOf(plan.match);
  const ignores = testOf(plan.ignore);
  const counter = openCounter(spans);
  const follower = followLog(file, spans.baselineMs);
  let problem: string | null = null;
  let untimed = 0;
  let newestMs = -Infinity;
  let lastMs: number | null = null;
  let isFirst = true;

  const take = (line: string): void => {
    const { atMs, level, message } = readLogLine(line, times);
    // a line without a time belongs to the one before it; one that is written while we look is of now
    const at = atMs ?? lastMs ?? (isFirst ? null : times.now());
    lastMs = atMs ?? lastMs;
    if (at !== null) newestMs = Math.max(newestMs, at);
    const isError = matches === null ? level !== null && badLevels.has(level) : matches(line);
    if (!isError || ignores?.(line) === true) return;
    if (at === null) untimed += 1;
    else counter.add(normalise(message, taken), at, line);
  };

  return {
    name: file,
    tallies: counter.tallies,
    close: follower.close,
    read: async () => {
      try {
        await follower.read(take);
        problem = null;
        isFirst = false;
      } catch (error) {
        problem = `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
      }
    },
    problem: () => {
      if (problem !== null) return problem;
      if (follower.problem() !== null) return follower.problem();
      if (untimed > 0) return `${file} has ${untimed} errors without a time: before or after cannot be told`;
      return alive && newestMs < spans.sinceMs ? `${file} has no line at all since the rollback's end` : null;
    },
  };
}

function testOf(source: string | null): ((line: string) => boolean) | null {
  if (source === null) return null;
  const compiled = compilePattern(source);
  if (!compiled.ok)
    throw new OperatorError(`“${source}” is not a pattern: ${compiled.detail}.`, [
      'Write an RE2 pattern, such as ERROR|Exception.',
    ]);
  return (line) => compiled.pattern.matcher(line).find();
}
