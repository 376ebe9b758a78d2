import { binomialBand } from '../../judge/binomial.ts';

export interface CensusPlan {
  readonly url: string;
  /** Requests, each on a connection of its own. */
  readonly times: number;
  /** A header of the answer, or a path into its JSON like `$.version`; the whole body where both are null. */
  readonly header: string | null;
  readonly json: string | null;
  readonly value: string;
  /** Percent of the answers that should say `value`. */
  readonly share: number;
}

export interface Census {
  /** What was answered, and how often, most often first; failures under the code of their trouble. */
  readonly answers: readonly (readonly [string, number])[];
  readonly seen: number;
  readonly failed: number;
  readonly low: number;
  readonly high: number;
  readonly verdict: 'inside' | 'outside' | 'unknown';
}

const atOnce = 8;
const timeoutMs = 5_000;

/**
 * Asks as customers do, and counts who answers. Inside the band within which 99 of 100 such censuses fall, it is as it
 * should be; where requests failed it is outside, and where none was answered it is unknown.
 */
export async function census(plan: CensusPlan): Promise<Census> {
  const counts = new Map<string, number>();
  let failed = 0;
  let left = plan.times;
  const worker = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const answer = await ask(plan);
      if (!answer.ok) failed += 1;
      counts.set(answer.text, (counts.get(answer.text) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, plan.times) }, worker));
  const seen = counts.get(plan.value) ?? 0;
  const { low, high } = binomialBand(plan.times, plan.share / 100);
  const inside = failed === 0 && seen >= low && seen <= high;
  return {
    answers: [...counts].toSorted(([, one], [, other]) => other - one),
    seen,
    failed,
    low,
    high,
    verdict: failed === plan.times ? 'unknown' : inside ? 'inside' : 'outside',
  };
}

async function ask({
  url,
  header,
  json,
}: CensusPlan): Promise<{ readonly ok: boolean; readonly text: string }> {
  try {
    const answer = await fetch(url, {
      headers: { connection: 'close' },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const body = await answer.text();
    if (!answer.ok) return { ok: false, text: `HTTP ${answer.status}` };
    if (header !== null) return { ok: true, text: answer.headers.get(header) ?? 'no such header' };
    return { ok: true, text: json === null ? body.trim().slice(0, 100) : valueAt(body, json) };
  } catch (error) {
    return {
      ok: false,
      text: error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'no answer',
    };
  }
}

function valueAt(body: string, path: string): string {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return 'no JSON';
  }
  for (const key of path
    .replace(/^\$\.?/, '')
    .split('.')
    .filter((part) => part !== '')) {
    value =
      typeof value === 'object' && value !== null
        ? (value as Readonly<Record<string, unknown>>)[key]
        : undefined;
  }
  return value === undefined ? 'no such value' : typeof value === 'string' ? value : JSON.stringify(value);
}
