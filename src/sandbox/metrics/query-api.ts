import { json, type Handler, type Incoming, type Reply } from '../http.ts';
import { parseTime, type DomainClock } from '../clock.ts';
import { typeOf } from './promql-ast.ts';
import { evaluate, evaluateOver } from './promql-evaluate.ts';
import { parseSpan, QueryError } from './promql-lexer.ts';
import { mostPoints, parseQuery } from './promql-parser.ts';
import type { RangeSample, Value } from './promql-values.ts';
import { formatNumber } from './registry.ts';
import type { SeriesStore } from './store.ts';

export interface QueryApiParts {
  readonly store: SeriesStore;
  readonly clock: DomainClock;
  /** The current answer of `/api/v1/targets` and `/api/v1/rules`, without the envelope. */
  readonly targets: () => unknown;
  readonly rules: () => unknown;
}

/** The part of Prometheus's HTTP API that the sandbox answers. Times are domain time, in seconds. */
export function queryApi(parts: QueryApiParts): Handler {
  return (incoming) => {
    try {
      return route(parts, incoming);
    } catch (error) {
      if (error instanceof QueryError) return failure(400, 'bad_data', error.message);
      return failure(422, 'execution', error instanceof Error ? error.message : String(error));
    }
  };
}

function route(parts: QueryApiParts, incoming: Incoming): Reply {
  const parameters = new URLSearchParams([
    ...incoming.query,
    ...new URLSearchParams(incoming.method === 'POST' ? incoming.body : ''),
  ]);
  switch (incoming.path) {
    case '/api/v1/query':
      return instantQuery(parts, parameters);
    case '/api/v1/query_range':
      return rangeQuery(parts, parameters);
    case '/api/v1/targets':
      return success(parts.targets());
    case '/api/v1/rules':
      return success(parts.rules());
    case '/-/healthy':
    case '/-/ready':
      return { status: 200, body: 'The metrics store is ready.\n' };
    default:
      return failure(404, 'not_found', `${incoming.path} is not part of the sandbox's metrics store`);
  }
}

const success = (data: unknown): Reply => json(200, { status: 'success', data });
const failure = (status: number, errorType: string, error: string): Reply =>
  json(status, { status: 'error', errorType, error });

function instantQuery({ store, clock }: QueryApiParts, parameters: URLSearchParams): Reply {
  const expression = parsed(parameters);
  const at = timeOf(parameters, 'time') ?? clock.now();
  const value = evaluate(expression, store, at);
  return success({ resultType: value.type, result: instantResult(value, at) });
}

function instantResult(value: Value, at: number): unknown {
  const moment = (number: number): readonly [number, string] => [at / 1000, formatNumber(number)];
  switch (value.type) {
    case 'scalar':
      return moment(value.value);
    case 'vector':
      return value.samples.map((sample) => ({ metric: sample.labels, value: moment(sample.value) }));
    case 'matrix':
      return matrixResult(value.series);
  }
}

const matrixResult = (series: readonly RangeSample[]): unknown =>
  series.map(({ labels, points }) => ({
    metric: labels,
    values: points.map((point) => [point.at / 1000, formatNumber(point.value)]),
  }));

function rangeQuery({ store }: QueryApiParts, parameters: URLSearchParams): Reply {
  const start = needed(timeOf(parameters, 'start'), 'start');
  const end = needed(timeOf(parameters, 'end'), 'end');
  const step = needed(stepOf(parameters.get('step')), 'step');
  if (end < start)
    throw new QueryError('invalid parameter "end": end timestamp must not be before start time');
  if (step <= 0)
    throw new QueryError(
      'invalid parameter "step": zero or negative query resolution step widths are not accepted. Try a positive integer',
    );
  if ((end - start) / step > mostPoints) {
    throw new QueryError(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    );
  }
  const expression = parsed(parameters);
  if (typeOf(expression) === 'matrix') {
    throw new QueryError(
      'invalid parameter "query": invalid expression type "range vector" for range query, must be Scalar or instant Vector',
    );
  }
  const series = evaluateOver(expression, store, { firstMs: start, lastMs: end, stepMs: step });
  return success({ resultType: 'matrix', result: matrixResult(series) });
}

function parsed(parameters: URLSearchParams): ReturnType<typeof parseQuery> {
  try {
    return parseQuery(parameters.get('query') ?? '');
  } catch (error) {
    if (error instanceof QueryError)
      throw new QueryError(`invalid parameter "query": ${error.message}`, { cause: error });
    throw error;
  }
}

function needed(value: number | null, name: string): number {
  if (value === null) throw new QueryError(`invalid parameter "${name}": cannot parse "" to a valid value`);
  return value;
}

function timeOf(parameters: URLSearchParams, name: string): number | null {
  const text = parameters.get(name);
  if (text === null || text === '') return null;
  const ms = /^-?\d+(?:\.\d+)?$/.test(text) ? Math.round(Number(text) * 1000) : parseTime(text);
  if (ms === null)
    throw new QueryError(
      `invalid parameter "${name}": cannot parse ${JSON.stringify(text)} to a valid timestamp`,
    );
  return ms;
}

function stepOf(text: string | null): number | null {
  if (text === null || text === '') return null;
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const span = parseSpan(text);
  if (span === null)
    throw new QueryError(
      `invalid parameter "step": cannot parse ${JSON.stringify(text)} to a valid duration`,
    );
  return span;
}
