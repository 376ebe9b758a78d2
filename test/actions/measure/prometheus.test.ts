import { describe, expect, test } from 'vitest';
import type { Probe } from '../../../src/runbook/model/values.ts';
import { fill, measure, probe, serve, template, testMeasurer } from './probe-kit.ts';

const now = 1_900_000_000_000;
const at = now / 1_000;
const prometheus = (url: string, more: Partial<Probe> = {}) =>
  probe({ kind: 'prometheus', url: template(url), query: template('up') }, more);

interface Asked {
  readonly path: string | undefined;
  readonly parameters: Record<string, string>;
}

/** A stand-in for the API: gives one answer, and keeps what it was asked. */
async function standIn(body: unknown, status = 200) {
  const asked: Asked[] = [];
  const url = await serve((request, response, text) => {
    asked.push({ path: request.url, parameters: Object.fromEntries(new URLSearchParams(text)) });
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  return { url, asked };
}

const vector = (...values: readonly (readonly [number, string])[]) => ({
  status: 'success',
  data: {
    resultType: 'vector',
    result: values.map((value, n) => ({ metric: { instance: `i${n}` }, value })),
  },
});
const failure = (errorType: string, error: string) => ({ status: 'error', errorType, error });

const ask = async (body: unknown, more: Partial<Probe> = {}, status = 200) => {
  const { url } = await standIn(body, status);
  return measure(prometheus(url, more), { domainNow: () => now });
};

describe('An instant query', () => {
  test('Is asked at domain time, with the time that is left', async () => {
    const { url, asked } = await standIn(vector([at, '0.5']));
    expect(await measure(prometheus(`${url}/`), { domainNow: () => now })).toMatchObject({
      ok: true,
      value: 0.5,
    });
    expect(asked).toEqual([
      { path: '/api/v1/query', parameters: { query: 'up', time: String(at), timeout: '10000ms' } },
    ]);
  });

  test.each([
    ['one series', vector([at, '0.021']), 0.021],
    ['a small number', vector([at, '1e-7']), 1e-7],
    ['a scalar', { status: 'success', data: { resultType: 'scalar', result: [at, '3'] } }, 3],
    ['a string', { status: 'success', data: { resultType: 'string', result: [at, 'v2'] } }, 'v2'],
    ['a sample from a minute ago', vector([at - 60, '1']), 1],
  ])('Gives the value of %s', async (_name, body, value) => {
    expect(await ask(body)).toMatchObject({ ok: true, value });
  });

  test.each([
    ['no_data', vector()],
    ['nan', vector([at, 'NaN'])],
    ['infinite', vector([at, '+Inf'])],
    ['infinite', vector([at, '-Inf'])],
    ['many_series', vector([at, '1'], [at, '2'])],
    ['stale', vector([at - 301, '1'])],
    [
      'bad_answer',
      { status: 'success', data: { resultType: 'matrix', result: [{ metric: {}, values: [[at, '1']] }] } },
    ],
    [
      'bad_answer',
      { status: 'success', data: { resultType: 'vector', result: [{ metric: {}, value: [at, 1] }] } },
    ],
    ['bad_answer', '<html>It works!</html>'],
    ['bad_answer', 'null'],
    ['query', failure('bad_data', 'parse error: unexpected end of input')],
    ['query', failure('execution', 'many-to-many matching not allowed')],
    ['timeout', failure('timeout', 'query timed out')],
    ['status', failure('unavailable', 'not ready')],
  ])('Has no value: %s', async (code, body) => {
    expect(await ask(body)).toMatchObject({ ok: false, code, detail: expect.stringMatching(/./) });
  });

  test('Tells a provider’s error page by its status', async () => {
    expect(await ask('Bad gateway', {}, 502)).toEqual({
      ok: false,
      code: 'status',
      detail: 'HTTP 502: Bad gateway',
    });
    expect(await ask(failure('bad_data', 'no such function'), {}, 400)).toMatchObject({ code: 'query' });
  });

  test('Never takes a redirect to another host for an answer', async () => {
    const { url } = await standIn(vector([at, '0']));
    const front = await serve((_request, response) => void response.writeHead(302, { location: url }).end());
    expect(await measure(prometheus(front), { domainNow: () => now })).toMatchObject({
      ok: false,
      code: 'bad_answer',
    });
  });

  test.each([
    ['max', 3],
    ['min', 1],
    ['mean', 2],
    ['sum', 6],
    ['count', 3],
    ['census', { '1': 1, '2': 1, '3': 1 }],
  ] as const)('Reduces several series by %s', async (reduce, value) => {
    expect(await ask(vector([at, '1'], [at, '2'], [at, '3']), { reduce })).toMatchObject({ ok: true, value });
  });

  test('Counts one series, and is unknown where one of several is not a number', async () => {
    expect(await ask(vector([at, '5']), { reduce: 'count' })).toMatchObject({ value: 1 });
    expect(await ask(vector([at, '1'], [at, 'NaN']), { reduce: 'max' })).toMatchObject({
      ok: false,
      code: 'nan',
    });
  });
});

describe('A range query', () => {
  const span = { fromMs: now - 40_000, toMs: now, stepMs: 10_000 };
  const matrix = (...series: readonly (readonly (readonly [number, string])[])[]) => ({
    status: 'success',
    data: { resultType: 'matrix', result: series.map((values, n) => ({ metric: { i: String(n) }, values })) },
  });
  const series = async (body: unknown, more: Partial<Probe> = {}) => {
    const { url, asked } = await standIn(body);
    const answer = await testMeasurer().series(
      prometheus(url, more),
      fill,
      span,
      new AbortController().signal,
    );
    return { answer, asked };
  };

  test('Gives one entry a step, null where there is nothing; what is no number stays one', async () => {
    const { answer, asked } = await series(
      matrix([
        [at - 40, '1'],
        [at - 20, 'NaN'],
        [at - 10, '4'],
        [at, '+Inf'],
      ]),
    );
    expect(answer).toEqual([
      [now - 40_000, 1],
      [now - 30_000, null],
      [now - 20_000, NaN],
      [now - 10_000, 4],
      [now, Infinity],
    ]);
    expect(asked[0]).toEqual({
      path: '/api/v1/query_range',
      parameters: { query: 'up', start: String(at - 40), end: String(at), step: '10' },
    });
  });

  test('Reduces several series step by step, where it is told how', async () => {
    const body = matrix(
      [
        [at - 10, '1'],
        [at, '2'],
      ],
      [[at, '6']],
    );
    expect((await series(body)).answer).toMatchObject({ code: 'many_series' });
    const { answer } = await series(body, { reduce: 'mean' });
    expect(Array.isArray(answer) && answer.slice(-2)).toEqual([
      [now - 10_000, 1],
      [now, 4],
    ]);
  });

  test.each([
    ['no_data', matrix()],
    ['query', failure('bad_data', 'exceeded maximum resolution')],
    ['bad_answer', vector([at, '1'])],
  ])('Has no answer: %s', async (code, body) => {
    expect((await series(body)).answer).toMatchObject({ code });
  });
});
