import { describe, expect, test } from 'vitest';
import type { Evaluation } from '../../src/session/evaluate.ts';
import { evaluateOnce, evaluateUntil } from '../../src/session/evaluate.ts';
import type { Span } from '../../src/session/criteria/trigger-reading.ts';
import type { Probe } from '../../src/runbook/model/values.ts';
import type { Measurer } from '../../src/session/ports.ts';
import { loaded } from '../runbook/memory-files.ts';
import { fakeClock } from './fake-clock.ts';

const minute = 60_000;
const book = loaded(
  '- { id: done, end: not_needed }',
  [
    'probes:',
    "  errors: { prometheus: 'http://m', query: errors, unit: ratio }",
    "  slow: { prometheus: 'http://m', query: slow, unit: seconds }",
    "  requests: { prometheus: 'http://m', query: requests }",
    '  typed: { run: [count-errors] }',
    'triggers:',
    "  - { id: err, probe: errors, breach: '> 0.02', for: 2m, interval: 10s, clear: '< 0.016', min_events: 100, events: requests, advise: rollback }",
    "  - { id: p95, probe: slow, breach: '> 0.8', for: 1m, interval: 10s, advise: investigate }",
    'decide: { any: [err] }',
  ].join('\n'),
);
const byHand = loaded(
  '- { id: done, end: not_needed }',
  [
    'probes: { typed: { run: [count-errors], unit: errors } }',
    "triggers: [{ id: typed, probe: typed, breach: '> 5', for: 1m, interval: 10s, advise: rollback }]",
  ].join('\n'),
);

type Series = (atMs: number) => number | null;

/** A monitoring whose metrics are functions of time; null where there is no sample then, `gone` where nobody answers. */
function monitoring(metrics: Readonly<Record<string, Series | 'gone'>>, clock = fakeClock()) {
  const answer = (id: string | null): Series | 'gone' => metrics[id ?? ''] ?? 'gone';
  const measurer: Measurer = {
    measure: (probe) => {
      const read = answer(probe.id);
      const value = read === 'gone' ? null : read(clock.now().ms);
      return Promise.resolve(
        value === null
          ? { ok: false, code: 'connection', detail: 'nobody answers' }
          : { ok: true, value, exit: null, status: null, headers: {}, text: '' },
      );
    },
    series: (probe, _fill, { fromMs, toMs, stepMs }) => {
      if (probe.source.kind !== 'prometheus') return Promise.resolve(null);
      const read = answer(probe.id);
      if (read === 'gone') return Promise.resolve({ code: 'connection', detail: 'nobody answers' });
      const steps = Math.floor((toMs - fromMs) / stepMs);
      return Promise.resolve(
        Array.from(
          { length: steps + 1 },
          (_, step) => [fromMs + step * stepMs, read(fromMs + step * stepMs)] as const,
        ),
      );
    },
  };
  const { signal } = new AbortController();
  const options = {
    criteria: book,
    source: {
      now: () => clock.now().ms,
      measure: (probe: Probe) => measurer.measure(probe, () => null, signal),
      series: (probe: Probe, span: Span) => measurer.series(probe, () => null, span, signal),
    },
    clock,
    release: { openedMs: null, endMs: null },
    signal,
  };
  return { clock, options };
}

const always =
  (value: number | null): Series =>
  () =>
    value;
const states = ({ triggers }: Evaluation) =>
  Object.fromEntries(triggers.map(({ id, state, code }) => [id, code === null ? state : `${state} ${code}`]));

describe('read once, over the whole of its `for`', () => {
  const fine = { errors: always(0.001), slow: always(0.2), requests: always(4000) };
  const start = fakeClock().now().ms;
  const since =
    (fromMs: number, value: number): Series =>
    (at) =>
      at >= start - fromMs ? value : 0;

  test.each([
    ['quiet numbers are healthy', fine, 'healthy', { err: 'OK', p95: 'OK' }],
    [
      'a breach that has lasted says roll back',
      { ...fine, errors: always(0.08) },
      'rollback',
      { err: 'FIRED', p95: 'OK' },
    ],
    [
      'a breach of 20 s is not for long enough, and not good either',
      { ...fine, errors: since(20_000, 0.08) },
      'unknown',
      { err: 'PENDING', p95: 'OK' },
    ],
    [
      'a trigger that only advises to look says investigate',
      { ...fine, slow: always(1.4) },
      'investigate',
      { err: 'OK', p95: 'FIRED' },
    ],
    [
      'a monitoring that nobody reaches is unknown',
      {},
      'unknown',
      { err: 'UNKNOWN connection', p95: 'UNKNOWN connection' },
    ],
    [
      'samples that stopped a minute ago are unknown, not the last value',
      { ...fine, errors: (at: number) => (at < start - minute ? 0.001 : null) },
      'unknown',
      { err: 'UNKNOWN coverage', p95: 'OK' },
    ],
    [
      'too few events behind a breach are not a rollback',
      { ...fine, errors: always(0.08), requests: always(40) },
      'unknown',
      { err: 'PENDING', p95: 'OK' },
    ],
    [
      'a breach whose events cannot be counted is unknown',
      { ...fine, errors: always(0.08), requests: 'gone' as const },
      'unknown',
      { err: 'UNKNOWN no_events', p95: 'OK' },
    ],
    [
      'one that fired and has come down, but not to its clear level, has still fired',
      { ...fine, errors: (at: number) => (at < start - minute ? 0.08 : 0.018) },
      'rollback',
      { err: 'FIRED', p95: 'OK' },
    ],
  ])('%s', async (_, metrics, advice, expected) => {
    const found = await evaluateOnce(monitoring(metrics).options);
    expect(states(found)).toEqual(expected);
    expect(found.advice).toBe(advice);
  });

  test('the reading says what it rests on: value, unit, samples of those due, events', async () => {
    const found = await evaluateOnce(monitoring({ ...fine, errors: always(0.08) }).options);
    expect(found.triggers[0]).toMatchObject({
      id: 'err',
      value: 0.08,
      unit: 'ratio',
      breach: '> 0.02',
      samples: 13,
      due: 12,
      coverage: 1,
      events: 4000,
      minEvents: 100,
      code: null,
    });
  });

  test('a probe without history cannot show in one reading that something lasts', async () => {
    const { options } = monitoring({ typed: always(0) });
    const found = await evaluateOnce({ ...options, criteria: byHand });
    expect(states(found)).toEqual({ typed: 'UNKNOWN no_history' });
    expect(found.advice).toBe('unknown');
  });
});

describe('with a target that is not there', () => {
  const guarded = loaded(
    '- { id: done, end: not_needed }',
    [
      'probes:',
      "  errors: { prometheus: 'http://m', query: errors, unit: ratio }",
      'triggers:',
      "  - { id: err, probe: errors, breach: '> 0.02', for: 2m, interval: 10s, up: 'up{job=\"shop\"}', advise: rollback }",
    ].join('\n'),
  );
  const withUp = (up: Series) => {
    const { options } = monitoring({ errors: always(0) });
    const { source } = options;
    return {
      ...options,
      criteria: guarded,
      source: {
        ...source,
        series: (probe: Probe, span: Span) =>
          probe.id === 'errors'
            ? source.series(probe, span)
            : Promise.resolve(
                Array.from(
                  { length: Math.floor((span.toMs - span.fromMs) / span.stepMs) + 1 },
                  (_, step) =>
                    [span.fromMs + step * span.stepMs, up(span.fromMs + step * span.stepMs)] as const,
                ),
              ),
      },
    };
  };

  test('a dead target that still serves a quiet rate is unknown, never healthy', async () => {
    const down = await evaluateOnce(withUp(always(0)));
    expect([down.advice, states(down)]).toEqual(['unknown', { err: 'UNKNOWN target_down' }]);
    expect((await evaluateOnce(withUp(always(1)))).advice).toBe('healthy');
  });
});

test('a release counts as good only once its success criteria have held to the end of the window', async () => {
  const strict = loaded(
    '- { id: done, end: not_needed }',
    [
      'probes:',
      "  errors: { prometheus: 'http://m', query: errors, unit: ratio }",
      'triggers:',
      "  - { id: err, probe: errors, breach: '> 0.02', for: 2m, interval: 10s, advise: rollback }",
      'window: { opens: release.finished, evaluate: 30m, extended: 24h }',
      "success: [{ id: quiet, probe: errors, hold: '< 0.01', interval: 10s }]",
    ].join('\n'),
  );
  const judgedAfter = async (minutes: number | null, errors: number): Promise<readonly unknown[]> => {
    const { clock, options } = monitoring({ errors: always(errors) });
    const openedMs = minutes === null ? null : clock.now().ms - minutes * minute;
    const release = { openedMs, endMs: openedMs === null ? null : openedMs + 30 * minute };
    const found = await evaluateOnce({ ...options, criteria: strict, release });
    return [found.advice, found.success[0]?.result, found.success[0]?.code];
  };
  expect(await judgedAfter(null, 0)).toEqual(['unknown', 'unknown', 'no_window']);
  expect(await judgedAfter(10, 0)).toEqual(['unknown', 'unknown', 'window_open']);
  expect(await judgedAfter(31, 0)).toEqual(['healthy', 'pass', null]);
  expect(await judgedAfter(31, 0.015)).toEqual(['investigate', 'fail', 'broken']);
});

describe('waited for', () => {
  test('it ends when a trigger fires, and not before', async () => {
    const clock = fakeClock();
    const broken = clock.now().ms + 5 * minute;
    const { options } = monitoring(
      { errors: (at) => (at >= broken ? 0.08 : 0), slow: always(0.2), requests: always(4000) },
      clock,
    );
    const heard: string[] = [];
    const ended = { at: 0 };
    const waiting = evaluateUntil(options, clock.now().ms + 30 * minute, ({ id, state }) => {
      heard.push(`${id} ${state}`);
    }).then((found) => {
      ended.at = clock.now().ms;
      return found;
    });
    await clock.advance(6 * minute);
    expect(heard.toSorted()).toEqual(['err OK', 'err PENDING', 'p95 OK']);
    await clock.advance(24 * minute);
    expect((await waiting).advice).toBe('rollback');
    // at its `for`, give or take one interval
    expect(Math.abs(ended.at - (broken + 2 * minute))).toBeLessThanOrEqual(10_000);
  });

  test('it ends with the window: healthy where everything was quiet to the end', async () => {
    const { clock, options } = monitoring({
      errors: always(0),
      slow: always(0.2),
      requests: always(4000),
    });
    const waiting = evaluateUntil(options, clock.now().ms + 30 * minute, () => undefined);
    await clock.advance(30 * minute - 1);
    await expect(Promise.race([waiting, Promise.resolve('still waits')])).resolves.toBe('still waits');
    await clock.advance(1);
    expect((await waiting).advice).toBe('healthy');
  });

  test('what is unknown at the end is unknown, however good it was before', async () => {
    const clock = fakeClock();
    const end = clock.now().ms + 30 * minute;
    const { options } = monitoring(
      {
        errors: (at) => (at < end - 3 * minute ? 0 : null),
        slow: always(0.2),
        requests: always(4000),
      },
      clock,
    );
    const waiting = evaluateUntil(options, end, () => undefined);
    await clock.advance(30 * minute);
    expect((await waiting).advice).toBe('unknown');
  });

  test('a probe without history is read until its `for` is full', async () => {
    const { clock, options } = monitoring({ typed: always(7) });
    const waiting = evaluateUntil(
      { ...options, criteria: byHand },
      clock.now().ms + 10 * minute,
      () => undefined,
    );
    await clock.advance(10 * minute);
    const found = await waiting;
    expect(states(found)).toEqual({ typed: 'FIRED' });
    expect(found.advice).toBe('rollback');
  });

  test('a stop ends it as unknown: what was good until then need not stay so', async () => {
    const { clock, options } = monitoring({ errors: always(0), slow: always(0.2), requests: always(4000) });
    const ending = new AbortController();
    const waiting = evaluateUntil(
      { ...options, signal: ending.signal },
      clock.now().ms + 30 * minute,
      () => undefined,
    );
    await clock.advance(minute);
    ending.abort();
    expect(await waiting).toMatchObject({
      advice: 'unknown',
      because: expect.stringContaining('until then healthy') as string,
    });
  });
});
