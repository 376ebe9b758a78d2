import { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { domainClock } from '../../src/sandbox/clock.ts';
import { queryApi } from '../../src/sandbox/metrics/query-api.ts';
import { seriesStore } from '../../src/sandbox/metrics/store.ts';

const at = 1_800_000_000_000;

async function ask(
  path: string,
  method = 'GET',
  body = '',
): Promise<{ readonly status: number; readonly body: unknown }> {
  const store = seriesStore();
  for (let index = 0; index < 5; index += 1)
    store.append({ __name__: 'up', instance: 'shop1' }, at + index * 15_000, index === 2 ? 0 : 1);
  store.append({ __name__: 'odd' }, at + 60_000, NaN);
  const clock = domainClock({ realMs: 0, domainMs: at + 60_000, speed: 0 });
  const handler = queryApi({
    store,
    clock,
    targets: () => ({ activeTargets: [], droppedTargets: [] }),
    rules: () => ({ groups: [] }),
  });
  const url = new URL(path, 'http://127.0.0.1');
  const reply = await handler({
    method,
    path: url.pathname,
    query: url.searchParams,
    headers: {},
    body,
    socket: new Socket(),
  });
  return { status: reply.status, body: JSON.parse(reply.body) };
}

test('an instant query answers with the moment in seconds and the value as text', async () => {
  expect(await ask('/api/v1/query?query=up')).toEqual({
    status: 200,
    body: {
      status: 'success',
      data: {
        resultType: 'vector',
        result: [{ metric: { __name__: 'up', instance: 'shop1' }, value: [at / 1000 + 60, '1'] }],
      },
    },
  });
});

test('an instant query can be about another moment, and can come as a form', async () => {
  const query = `query=up&time=${at / 1000 + 30}`;
  expect(await ask('/api/v1/query', 'POST', query)).toMatchObject({
    body: { data: { result: [{ value: [at / 1000 + 30, '0'] }] } },
  });
});

test('not a number is written as NaN', async () => {
  expect(await ask('/api/v1/query?query=odd')).toMatchObject({
    body: { data: { result: [{ value: [at / 1000 + 60, 'NaN'] }] } },
  });
});

test('a query without an answer is a success with an empty vector', async () => {
  expect(await ask('/api/v1/query?query=missing')).toEqual({
    status: 200,
    body: { status: 'success', data: { resultType: 'vector', result: [] } },
  });
});

test('a range query answers one list of values a series', async () => {
  expect(
    await ask(`/api/v1/query_range?query=up&start=${at / 1000}&end=${at / 1000 + 60}&step=30s`),
  ).toMatchObject({
    body: {
      data: {
        resultType: 'matrix',
        result: [
          {
            values: [
              [at / 1000, '1'],
              [at / 1000 + 30, '0'],
              [at / 1000 + 60, '1'],
            ],
          },
        ],
      },
    },
  });
});

test('a subquery by itself answers its moments, which are multiples of its step', async () => {
  const query = encodeURIComponent('sum(up)[1m:30s]');
  expect(await ask(`/api/v1/query?query=${query}&time=${at / 1000 + 59}`)).toEqual({
    status: 200,
    body: {
      status: 'success',
      data: {
        resultType: 'matrix',
        result: [
          {
            metric: {},
            values: [
              [at / 1000, '1'],
              [at / 1000 + 30, '0'],
            ],
          },
        ],
      },
    },
  });
});

test.each([
  [
    '/api/v1/query?query=up[5m:1m',
    400,
    'bad_data',
    'invalid parameter "query": 1:9: parse error: unexpected end of input in subquery or range selector',
  ],
  [
    '/api/v1/query?query=up[4h:1s]',
    400,
    'bad_data',
    'invalid parameter "query": 1:3: parse error: exceeded maximum resolution of 11,000 points per timeseries in a subquery. Try a longer step',
  ],
  [
    '/api/v1/query_range?query=up[5m:1m]&start=1&end=2&step=1',
    400,
    'bad_data',
    'invalid parameter "query": invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  ],
  [
    '/api/v1/query?query=max_over_time(max_over_time(up[3h:1s])[3h:1s])',
    422,
    'execution',
    'query processing would load too many samples into memory in query execution',
  ],
  [
    '/api/v1/query?query=sum(',
    400,
    'bad_data',
    'invalid parameter "query": 1:5: parse error: unexpected end of input',
  ],
  [
    '/api/v1/query?query=up&time=noon',
    400,
    'bad_data',
    'invalid parameter "time": cannot parse "noon" to a valid timestamp',
  ],
  [
    '/api/v1/query_range?query=up&start=1&end=2',
    400,
    'bad_data',
    'invalid parameter "step": cannot parse "" to a valid value',
  ],
  [
    '/api/v1/query_range?query=up&start=2&end=1&step=1',
    400,
    'bad_data',
    'invalid parameter "end": end timestamp must not be before start time',
  ],
  [
    '/api/v1/query_range?query=up[5m]&start=1&end=2&step=1',
    400,
    'bad_data',
    'invalid parameter "query": invalid expression type "range vector" for range query, must be Scalar or instant Vector',
  ],
  [
    '/api/v1/query_range?query=up&start=1&end=999999&step=1',
    400,
    'bad_data',
    'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
  ],
  ['/api/v1/labels', 404, 'not_found', "/api/v1/labels is not part of the sandbox's metrics store"],
])('%s is refused as the real store refuses it', async (path, status, errorType, error) => {
  expect(await ask(path)).toEqual({ status, body: { status: 'error', errorType, error } });
});
