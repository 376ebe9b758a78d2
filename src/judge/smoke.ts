import type { Result } from './kleene.ts';

export interface SmokeVerdict {
  /** Nothing that comes later can change it. */
  readonly settled: boolean;
  readonly result: Result;
  readonly code: 'unstable' | null;
}

/**
 * What the runs of one smoke test on one way come to, oldest first. Good is `stable` passes in a row. A fail after a
 * pass is unstable, which is a fail and stays one whatever follows: a thing that works now and then does not work.
 * @param warmsUp whether fails before the first pass are those of something that is still starting
 */
export function judgeRuns(runs: readonly Result[], stable: number, warmsUp: boolean): SmokeVerdict {
  const firstPass = runs.indexOf('pass');
  const failsLater = firstPass >= 0 && runs.lastIndexOf('fail') > firstPass;
  if (failsLater) return { settled: true, result: 'fail', code: 'unstable' };
  const failsFirst = runs.includes('fail');
  if (failsFirst && !warmsUp)
    return { settled: true, result: 'fail', code: firstPass >= 0 ? 'unstable' : null };
  const inARow = runs.length - 1 - runs.findLastIndex((run) => run !== 'pass');
  if (inARow >= stable) return { settled: true, result: 'pass', code: null };
  const last = runs.at(-1) ?? 'unknown';
  return { settled: false, result: last === 'fail' ? 'fail' : 'unknown', code: null };
}
