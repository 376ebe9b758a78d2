import { classOf } from './tally.ts';
import type { ErrorClass, ErrorSource, Spans, Tally } from './model.ts';

export interface ErrorCheck {
  readonly spans: Spans;
  /** An error that was not seen for so long is over. */
  readonly maxAgeMs: number;
  /** How long it is waited for that to be so; 0: it is looked at once. */
  readonly withinMs: number;
  readonly everyMs: number;
  /** Whether errors of that class are a fail, or only told. */
  readonly fails: { readonly residual: boolean; readonly novel: boolean };
  readonly now: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

export interface JudgedError extends Tally {
  readonly source: string;
  readonly class: ErrorClass;
  /** It stands in the way now. */
  readonly counts: boolean;
}

export interface ErrorReport {
  readonly verdict: 'pass' | 'fail' | 'unknown';
  readonly why: string;
  /** How long none that counts was seen, at most since the rollback's end. Milliseconds. */
  readonly quietMs: number;
  readonly errors: readonly JudgedError[];
  readonly problems: readonly string[];
}

const order: readonly ErrorClass[] = ['novel', 'residual', 'known', 'gone'];

/**
 * Looks until nothing that came with the failed release, or after the rollback, was seen for `maxAgeMs`; or its time is
 * over. What cannot be read is never silence: then the answer is unknown, unless what can be read is a fail already.
 */
export async function checkErrors(sources: readonly ErrorSource[], check: ErrorCheck): Promise<ErrorReport> {
  const endsAt = check.now() + check.withinMs;
  try {
    for (;;) {
      for (const source of sources) await source.read();
      const report = judge(sources, check);
      if (report.verdict === 'pass' || check.now() + check.everyMs > endsAt) return report;
      await check.pause(check.everyMs);
    }
  } finally {
    for (const source of sources) await source.close();
  }
}

function judge(sources: readonly ErrorSource[], { spans, maxAgeMs, fails, now }: ErrorCheck): ErrorReport {
  const nowMs = now();
  const all = sources.flatMap((source) =>
    source.tallies().map((tally) => {
      const kind = classOf(tally);
      return {
        ...tally,
        source: source.name,
        class: kind,
        matters: (kind === 'residual' || kind === 'novel') && fails[kind],
      };
    }),
  );
  const lastMs = Math.max(spans.sinceMs, ...all.map((one) => (one.matters ? one.lastMs : -Infinity)));
  const quietMs = Math.max(0, nowMs - lastMs);
  const errors = all
    .map(({ matters, ...error }): JudgedError => ({
      ...error,
      counts: matters && nowMs - error.lastMs < maxAgeMs,
    }))
    .toSorted(
      (one, other) => order.indexOf(one.class) - order.indexOf(other.class) || other.after - one.after,
    );
  const problems = sources.flatMap((source) => source.problem() ?? []);
  const bad = errors.filter(({ counts }) => counts);
  const said = { quietMs, errors, problems };
  if (bad.length > 0) {
    const of = (kind: ErrorClass): number => bad.filter((one) => one.class === kind).length;
    return {
      verdict: 'fail',
      why: `${of('residual')} residual and ${of('novel')} novel errors go on`,
      ...said,
    };
  }
  const [first] = problems;
  if (first !== undefined) return { verdict: 'unknown', why: first, ...said };
  if (sources.length === 0) return { verdict: 'unknown', why: 'nothing was read', ...said };
  return quietMs < maxAgeMs
    ? { verdict: 'unknown', why: 'it has not been quiet for long enough to tell', ...said }
    : { verdict: 'pass', why: 'none was seen for long enough', ...said };
}
