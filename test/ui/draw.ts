import type { SessionView } from '../../src/machine/view.ts';
import { splitKeys, type InkKey } from '../../src/ui/keys/split-keys.ts';
import { lookOf } from '../../src/ui/look.ts';
import type { ScreenOptions } from '../../src/ui/options.ts';
import { openStore, type ScreenStore } from '../../src/ui/store.ts';
import { rowText } from '../../src/ui/text/row.ts';
import { textWidth } from '../../src/ui/text/width.ts';
import type { Frame } from '../../src/ui/screens/compose.ts';
import { nowMs, openFakeClient, viewOf, type FakeClient } from './fake-client.ts';

/** A piece of input that Ink knows nothing special about. */
const typed: InkKey = {
  upArrow: false,
  downArrow: false,
  leftArrow: false,
  rightArrow: false,
  pageDown: false,
  pageUp: false,
  home: false,
  end: false,
  return: false,
  escape: false,
  ctrl: false,
  shift: false,
  tab: false,
  backspace: false,
  delete: false,
  meta: false,
};

const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - textWidth(text)));

/** A composed frame as the lines a person reads, without a terminal. */
function frameLines(frame: Frame): readonly string[] {
  if (frame.tooSmall !== null) return [frame.tooSmall];
  const columns = frame.body.map(({ width, blocks }) =>
    blocks.flatMap(({ rows }) => rows.map((line) => pad(rowText(line), width))),
  );
  const body = Array.from({ length: frame.bodyHeight }, (_, y) =>
    columns.map((lines, at) => lines[y] ?? pad('', frame.body[at]?.width ?? 0)).join(''),
  );
  return [...frame.top.map(rowText), ...body, ...frame.bottom.flatMap(({ rows }) => rows.map(rowText))].map(
    (line) => line.trimEnd(),
  );
}

export interface TestScreen {
  readonly client: FakeClient;
  readonly store: ScreenStore;
  readonly lines: () => readonly string[];
  readonly text: () => string;
  readonly frame: () => Frame;
  /** Moves the clock; timers due on the way fire in order. */
  readonly wait: (ms: number) => void;
  /** Presses keys one after the other. */
  readonly press: (...keys: readonly string[]) => void;
  /** Presses keys after the dead time is over. */
  readonly calmly: (...keys: readonly string[]) => void;
  readonly type: (text: string) => void;
  readonly timers: () => number;
  /** Lets answers of the session arrive. */
  readonly settle: () => Promise<void>;
}

/** The screen over a fake session, with a clock that moves when told. */
export function openTestScreen(
  over: {
    readonly view?: SessionView;
    readonly columns?: number;
    readonly rows?: number;
    readonly options?: Partial<ScreenOptions>;
    readonly client?: FakeClient;
  } = {},
): TestScreen {
  const client = over.client ?? openFakeClient(over.view ?? viewOf());
  let ms = nowMs;
  const timers = new Set<{ readonly every: number; next: number; readonly call: () => void }>();
  const options: ScreenOptions = {
    ascii: false,
    noColor: true,
    user: 'eva',
    copyFolder: '/dev/null/copies',
    openPager: () => Promise.resolve(),
    openEditor: () => Promise.resolve(null),
    now: () => ({ ms, iso: '2026-03-01T18:06:12.000Z' }),
    every(every, call) {
      const timer = { every, next: ms + every, call };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    ...over.options,
  };
  const store = openStore(client, options, lookOf(options), {
    columns: over.columns ?? 100,
    rows: over.rows ?? 30,
  });
  const wait = (by: number): void => {
    const end = ms + by;
    for (;;) {
      const due = [...timers]
        .filter(({ next }) => next <= end)
        .toSorted((left, right) => left.next - right.next)[0];
      if (due === undefined) break;
      ms = due.next;
      due.next += due.every;
      due.call();
    }
    ms = end;
  };
  const lines = (): readonly string[] => frameLines(store.frame());
  return {
    client,
    store,
    lines,
    text: () => lines().join('\n'),
    frame: store.frame,
    wait,
    press: (...keys) => store.press(keys),
    calmly(...keys) {
      for (const key of keys) {
        wait(500);
        store.press([key]);
      }
    },
    type: (text) => store.press(splitKeys(text, typed)),
    timers: () => timers.size,
    settle: () => new Promise((resolve) => setImmediate(resolve)),
  };
}
