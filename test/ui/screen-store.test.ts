import { expect, test, vi } from 'vitest';
import { tooSmall } from '../../src/ui/kit/frame.ts';
import { screenCore } from '../../src/ui/kit/screen-store.ts';

const opened = (broken = vi.fn<() => void>()) => {
  const core = screenCore({ words: 'a', seen: { columns: 80, rows: 24 }, generation: 0 }, broken);
  const changed = vi.fn<() => void>();
  const stop = core.subscribe(changed);
  return { core, changed, stop, broken };
};

test('the snapshot is the same object until something changed, and everybody who listens is told', () => {
  const { core, changed, stop } = opened();
  expect(core.snapshot()).toBe(core.snapshot());
  core.show({ words: 'b' });
  expect(core.snapshot()).toEqual({ words: 'b', seen: { columns: 80, rows: 24 }, generation: 0 });
  stop();
  core.show({ words: 'c' });
  expect(changed).toHaveBeenCalledTimes(1);
});

test('a new size, and a terminal that was lent, draw everything anew', async () => {
  const { core } = opened();
  core.resize(60, 16);
  expect(core.snapshot()).toMatchObject({ seen: { columns: 60, rows: 16 }, generation: 1 });
  const lent: string[] = [];
  core.attachTerminal(async (meanwhile) => {
    lent.push('away');
    await meanwhile();
    lent.push('back');
  });
  await core.lend(async () => void lent.push('used'));
  expect(lent).toEqual(['away', 'used', 'back']);
  expect(core.snapshot().generation).toBe(2);
});

test('Ctrl-Z lends the terminal to the shell once, however often it is pressed, and draws everything anew', async () => {
  const { core } = opened();
  const { promise: woken, resolve: wake } = Promise.withResolvers<void>();
  let stopped = 0;
  core.attachTerminal(
    (meanwhile) => meanwhile(),
    () => {
      stopped += 1;
      return woken;
    },
  );
  core.stop();
  core.stop();
  core.redraw();
  expect([stopped, core.snapshot().generation]).toEqual([1, 0]);
  wake();
  await vi.waitFor(() => expect(core.snapshot().generation).toBe(1));
});

test('a terminal that does not come back ends the screen', async () => {
  const { core, broken } = opened();
  core.attachTerminal(() => Promise.reject(new Error('EIO')));
  core.redraw();
  await vi.waitFor(() => expect(broken).toHaveBeenCalledOnce());
});

test.each([
  [60, 16, null],
  [59, 16, 'terminal too small: 60×16 needed'],
  [60, 15, 'terminal too small: 60×16 needed'],
])('a terminal of %i×%i is told %s', (columns, rows, words) => {
  expect(tooSmall({ columns, rows })).toBe(words);
});
