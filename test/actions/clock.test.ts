import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { domainClock, readBootId, systemClock, timeOf } from '../../src/actions/clock.ts';
import type { Clock } from '../../src/session/ports.ts';

/** A clock that moves when told. */
function handClock(start: number) {
  let now = start;
  const waiting: { at: number; call: () => void }[] = [];
  const clock: Clock = {
    now: () => timeOf(now),
    mono: () => now - start,
    after(ms, call) {
      const entry = { at: now + ms, call };
      waiting.push(entry);
      return () => void waiting.splice(waiting.indexOf(entry), 1);
    },
  };
  const advance = (ms: number) => {
    now += ms;
    for (const entry of waiting.filter(({ at }) => at <= now)) {
      waiting.splice(waiting.indexOf(entry), 1);
      entry.call();
    }
  };
  return { clock, advance, waiting };
}

describe('The clock of the machine', () => {
  test('Tells wall time with its ISO text, and a time that only grows', () => {
    const clock = systemClock();
    const first = clock.mono();
    const { ms, iso } = clock.now();
    expect(Date.parse(iso)).toBe(ms);
    expect(clock.mono()).toBeGreaterThanOrEqual(first);
  });

  test('Calls back once after the span, and not when it was told to stop', async () => {
    const clock = systemClock();
    const calls: string[] = [];
    const stop = clock.after(1, () => calls.push('stopped'));
    stop();
    const from = clock.mono();
    await new Promise<void>((resolve) => {
      clock.after(20, () => {
        calls.push('called');
        resolve();
      });
    });
    expect(calls).toEqual(['called']);
    expect(clock.mono() - from).toBeGreaterThanOrEqual(19);
  });

  test('Calls back on waking for what came due while the machine slept, in its time where it did not', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    let asleepMs = 0;
    const clock = systemClock(() => performance.now() + asleepMs);
    const calls: string[] = [];
    clock.after(3_600_000, () => calls.push('in an hour'));
    clock.after(7_200_000, () => calls.push('in two'));
    vi.advanceTimersByTime(600_000);
    asleepMs = 3_600_000;
    vi.advanceTimersByTime(1_000);
    expect(calls).toEqual(['in an hour']);
    vi.advanceTimersByTime(2_998_000);
    expect(calls).toEqual(['in an hour']);
    vi.advanceTimersByTime(1_000);
    expect(calls).toEqual(['in an hour', 'in two']);
  });

  test('Is not held up by a clock that stands still', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    let called = false;
    systemClock(() => 7).after(5_000, () => (called = true));
    vi.advanceTimersByTime(5_000);
    expect(called).toBe(true);
  });

  test('Does not fire at once for a span that is longer than a timer can hold', async () => {
    const clock = systemClock();
    let called = false;
    const stop = clock.after(2 ** 31 + 5_000, () => (called = true));
    await new Promise<void>((resolve) => clock.after(20, resolve));
    stop();
    expect(called).toBe(false);
  });
});

describe('The clock of the sandbox', () => {
  test('Agrees at the epoch and runs faster from there', () => {
    const { clock: real, advance } = handClock(1_000_000);
    const domain = domainClock(60, 1_000_000, real);
    expect(domain.now()).toEqual(timeOf(1_000_000));
    advance(1_000);
    expect(domain.now().ms).toBe(1_060_000);
    expect(domain.mono()).toBe(60_000);
  });

  test('Waits in its own time', () => {
    const { clock: real, advance } = handClock(0);
    let called = 0;
    domainClock(60, 0, real).after(60_000, () => (called += 1));
    advance(999);
    expect(called).toBe(0);
    advance(1);
    expect(called).toBe(1);
  });

  test('Two processes that know speed and epoch read the same time', () => {
    const { clock: real } = handClock(5_000);
    expect(domainClock(60, 1_000, real).now()).toEqual(domainClock(60, 1_000, real).now());
  });
});

test('The start of the machine has a name that stays', async () => {
  const id = await readBootId();
  expect(id).toMatch(/^[0-9a-fA-F-]{36}$/);
  expect(await readBootId()).toBe(id);
});
