import { z } from 'zod';
import type { Reduction } from '../../runbook/model/values.ts';
import { known, unknown, type Answer, type Limits, type Unknown } from './answer.ts';
import { fetchText } from './fetch-text.ts';
import { excerpt, parseJson, reduceFinite } from './shape-value.ts';

const sample = z.tuple([z.number(), z.string()]);
const labels = z.record(z.string(), z.string());
const answerSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.discriminatedUnion('resultType', [
      z.object({
        resultType: z.literal('vector'),
        result: z.array(z.object({ metric: labels, value: sample })),
      }),
      z.object({ resultType: z.literal('scalar'), result: sample }),
      z.object({ resultType: z.literal('string'), result: sample }),
      z.object({
        resultType: z.literal('matrix'),
        result: z.array(z.object({ metric: labels, values: z.array(sample) })),
      }),
    ]),
  }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
]);
type Data = Extract<z.infer<typeof answerSchema>, { status: 'success' }>['data'];

/** A sample that was taken longer ago says nothing about now; Prometheus itself looks back as far. */
const oldestMs = 5 * 60_000;

export interface PrometheusRequest {
  readonly url: string;
  readonly query: string;
}

/** An instant query. One number is the value; several are a list, where the probe says how to reduce them. */
export async function measurePrometheus(
  { url, query }: PrometheusRequest,
  nowMs: number,
  reduce: Reduction,
  limits: Limits,
): Promise<Answer> {
  const data = await ask(
    url,
    'query',
    { query, time: seconds(nowMs), timeout: `${Math.max(1, Math.round(limits.leftMs))}ms` },
    limits,
  );
  if ('ok' in data) return data;
  if (data.resultType === 'string') return known(data.result[1]);
  if (data.resultType === 'matrix')
    return unknown('bad_answer', 'The query is for a range; a probe needs an instant value.');
  const samples = data.resultType === 'scalar' ? [data.result] : data.result.map(({ value }) => value);
  if (samples.length === 0) return unknown('no_data', 'The query has no samples now.');
  if (samples.length > 1 && reduce === 'last')
    return unknown('many_series', `The query has ${samples.length} series; reduce them to one.`);
  const newest = samples.reduce((latest, [at]) => Math.max(latest, at * 1_000), 0);
  if (nowMs - newest > oldestMs)
    return unknown('stale', `The newest sample is ${Math.round((nowMs - newest) / 1_000)} s old.`);
  const numbers = samples.map(([, text]) => numberOf(text));
  if (numbers.some((number) => Number.isNaN(number)))
    return unknown('nan', 'The value is not a number (NaN).');
  if (!numbers.every((number) => Number.isFinite(number))) return unknown('infinite', '');
  return known(samples.length === 1 ? (numbers[0] ?? null) : numbers);
}

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly stepMs: number;
}

/** A range query: one entry for every step of the span, null where there is nothing; NaN and infinity stay. */
export async function readSeries(
  { url, query }: PrometheusRequest,
  { fromMs, toMs, stepMs }: Span,
  reduce: Reduction,
  limits: Limits,
): Promise<readonly (readonly [number, number | null])[] | Unknown> {
  const range = { query, start: seconds(fromMs), end: seconds(toMs), step: seconds(stepMs) };
  const data = await ask(url, 'query_range', range, limits);
  if ('ok' in data) return data;
  if (data.resultType !== 'matrix') return unknown('bad_answer', 'A range was asked for, and none was sent.');
  if (data.result.length === 0) return unknown('no_data', 'The query has no samples in that time.');
  if (data.result.length > 1 && reduce === 'last')
    return unknown('many_series', `The query has ${data.result.length} series; reduce them to one.`);
  const found = new Map<number, number[]>();
  for (const { values } of data.result) {
    for (const [at, text] of values) {
      const step = Math.round((at * 1_000 - fromMs) / stepMs);
      const number = numberOf(text);
      if (Number.isFinite(number) || reduce === 'last') found.set(step, [...(found.get(step) ?? []), number]);
    }
  }
  const steps = Math.floor((toMs - fromMs) / stepMs);
  return Array.from(
    { length: steps + 1 },
    (_, step) => [fromMs + step * stepMs, together(found.get(step), reduce)] as const,
  );
}

function together(numbers: readonly number[] | undefined, reduce: Reduction): number | null {
  if (numbers === undefined) return null;
  if (reduce === 'count' || reduce === 'census') return numbers.length;
  return reduce === 'last' ? (numbers[0] ?? null) : reduceFinite(numbers, reduce);
}

const seconds = (ms: number): string => String(ms / 1_000);

/** Prometheus writes `NaN`, `+Inf` and `-Inf` for what JSON has no number for. */
const numberOf = (text: string): number => Number(text.replace(/^([+-]?)Inf$/, '$1Infinity'));

async function ask(
  url: string,
  endpoint: 'query' | 'query_range',
  parameters: Readonly<Record<string, string>>,
  limits: Limits,
): Promise<Data | Unknown> {
  const body = new URLSearchParams(parameters).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
  const address = `${url.replace(/\/+$/, '')}/api/v1/${endpoint}`;
  const answer = await fetchText({ url: address, method: 'POST', headers, body }, limits);
  if (!answer.ok) return answer;
  const parsed = answerSchema.safeParse(parseJson(answer.text)?.value);
  if (!parsed.success) {
    if (answer.status >= 400) return unknown('status', `HTTP ${answer.status}: ${excerpt(answer.text)}`);
    return unknown('bad_answer', `It does not answer like Prometheus: ${excerpt(answer.text)}`);
  }
  if (parsed.data.status === 'success') return parsed.data.data;
  const { errorType, error } = parsed.data;
  if (errorType === 'timeout' || errorType === 'canceled') return unknown('timeout', error);
  return unknown(
    errorType === 'bad_data' || errorType === 'execution' ? 'query' : 'status',
    `${errorType}: ${error}`,
  );
}
