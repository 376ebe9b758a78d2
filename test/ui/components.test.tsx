import { cleanup, render } from 'ink-testing-library';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SessionScreen } from '../../src/ui/app.tsx';
import { HomeScreen } from '../../src/ui/home/home-screen.tsx';
import { openHomeStore } from '../../src/ui/home/home-store.ts';
import { sparkline } from '../../src/report/drawn.ts';
import { spinner } from '../../src/ui/kit/spinner.ts';
import { scrollView } from '../../src/ui/kit/scroll-view.ts';
import { tableRows } from '../../src/ui/kit/table.ts';
import {
  emptyField,
  pasteInto,
  textFieldRow,
  typeInto,
  type TextField,
} from '../../src/ui/kit/text-field.ts';
import { Pane } from '../../src/ui/kit/pane.tsx';
import { lookOf } from '../../src/ui/look.ts';
import { row, rowText, span } from '../../src/ui/text/row.ts';
import { graphemes } from '../../src/report/graphemes.ts';
import { openTestScreen } from './draw.ts';
import { freshPhases, nowMs, viewAt } from './fake-client.ts';
import { stillTime } from './still-time.ts';

afterEach(cleanup);

const look = lookOf({ ascii: false, noColor: true });

describe('Pane', () => {
  test('draws rows as they are, blank ones among them', () => {
    const { lastFrame } = render(<Pane rows={[row('one'), [], row('three')]} theme={look.theme} />);
    expect(lastFrame()).toBe('one\n\nthree');
  });

  test('closes every style that it opens, and uses no colour without leave', () => {
    const rows = [row(span('bad', 'bad'), ' plain')];
    expect(render(<Pane rows={rows} theme={{ color: true }} />).lastFrame()).toContain('\u001b[');
    expect(render(<Pane rows={rows} theme={{ color: false }} />).lastFrame()).not.toMatch(/\[3\dm/);
  });
});

describe('SessionScreen', () => {
  test('draws the composed frame and turns keys, also fast ones, into intents', async () => {
    const screen = openTestScreen({ view: viewAt({}, { phases: freshPhases }) });
    const { frames, lastFrame, stdin } = render(<SessionScreen store={screen.store} theme={look.theme} />);
    expect(frames[0]).toContain('PRODUCTION LIVE');
    await screen.settle();
    stdin.write('n');
    await vi.waitFor(() => expect(lastFrame()).toContain('goes into the record'));
    stdin.write('typed fast\r');
    await vi.waitFor(() => expect(screen.client.sent).toEqual([{ type: 'note', text: 'typed fast' }]));
  });

  test('keeps a paste out of everything but the field', async () => {
    const screen = openTestScreen({ view: viewAt({}, { phases: freshPhases }) });
    const { lastFrame, stdin } = render(<SessionScreen store={screen.store} theme={look.theme} />);
    await screen.settle();
    stdin.write('\u001b[200~ry\r\u001b[201~');
    await vi.waitFor(() => expect(lastFrame()).toContain('Pasted text is ignored here'));
    expect(screen.client.sent).toEqual([]);
  });
});

test('HomeScreen draws and chooses', async () => {
  const data = {
    proposals: [],
    sessions: [],
    obligations: [],
    runbooks: [{ id: 'shop', title: 'Roll back', maturity: 'draft', lastDrill: null, readiness: null }],
  };
  const store = openHomeStore(data, { columns: 100, rows: 30, nowMs, user: 'eva' }, stillTime);
  const { lastFrame, stdin } = render(<HomeScreen store={store} look={look} />);
  expect(lastFrame()).toContain('Roll back');
  await new Promise((resolve) => setImmediate(resolve));
  stdin.write('r');
  await expect(store.chosen).resolves.toEqual({ kind: 'run', runbook: 'shop' });
});

describe('the text field', () => {
  const typed = (...keys: readonly string[]): TextField =>
    keys.reduce((field, key) => typeInto(field, key) ?? field, emptyField);

  test.each([
    [['a', 'b', 'c'], 'abc', 3],
    [['a', 'b', 'left', 'x'], 'axb', 2],
    [['a', 'b', 'backspace'], 'a', 1],
    [['a', 'b', 'home', 'delete'], 'b', 0],
    [['日', '本', 'left', 'backspace'], '本', 0],
    [['a', 'home', 'left', 'end', 'right'], 'a', 1],
    [['e\u0301', 'backspace'], '', 0],
    [['a', ' ', '日', 'b', ' ', 'ctrl+w'], 'a ', 2],
    [['a', ' ', 'b', 'left', 'ctrl+w', 'ctrl+w'], 'b', 0],
  ])('after %j holds %j with the cursor at %i', (keys, value, cursor) => {
    expect(typed(...keys)).toEqual({ value, cursor });
  });

  test.each(['enter', 'tab', 'ctrl+x', 'escape', 'up'])('does not know %s', (key) => {
    expect(typeInto(emptyField, key)).toBeNull();
  });

  test('cuts a hint that is too long, and never leaves it out', () => {
    const drawn = textFieldRow(emptyField, 12, 'Enter records it and goes on');
    expect(rowText(drawn.row)).toBe('Enter reco… ');
  });

  test.each(['x', 'é日'])('draws ten thousand times %s that were pasted without a wait', (text) => {
    const field = pasteInto(emptyField, text.repeat(10_000));
    const from = performance.now();
    const drawn = textFieldRow(field, 60);
    expect(performance.now() - from).toBeLessThan(1_000);
    expect(rowText(drawn.row).trimEnd().length).toBeGreaterThan(30);
  });

  test('takes pasted lines as one', () => {
    expect(pasteInto(typed('a'), ' two\nlines \n').value).toBe('atwo lines');
  });

  test('scrolls sideways with its cursor, also over wide characters', () => {
    const field = typed(...graphemes('日本語のながい文'));
    const drawn = textFieldRow(field, 9);
    expect(rowText(drawn.row)).toBe('ながい文 ');
    expect(drawn.cursorAt).toBe(8);
  });
});

describe('small parts', () => {
  test.each([
    [[1, 2, 3], '▁▅█'],
    [[5, 5, 5], '▁▁▁'],
    [[1, null, 3], '▁ █'],
    [[null, null], ''],
    [[0, 1, 2, 3, 4, 5, 6, 7, 8], '▁▂▃▄▅▆▇█'],
  ])('a sparkline of %j is %j', (samples, drawn) => {
    expect(sparkline(samples, 8, look.glyphs.spark, ' ')).toBe(drawn);
  });

  test('a spinner turns with the seconds', () => {
    expect([0, 999, 1000, 4000].map((ms) => spinner(ms, ['a', 'b', 'c', 'd']))).toEqual(['a', 'a', 'b', 'a']);
  });

  test('a scrolled view says how much is out of sight on both sides', () => {
    const rows = Array.from({ length: 20 }, (_, at) => row(`row ${at}`));
    const shown = scrollView(rows, 5, 20, 10, look.glyphs);
    expect(shown.rows.map((line) => rowText(line).trimEnd())).toEqual([
      '▲ 11 more above',
      'row 11',
      'row 12',
      'row 13',
      '▼ 6 more below',
    ]);
    expect(scrollView(rows, 5, 20, 999, look.glyphs).top).toBe(15);
  });

  test('a table lines up its columns', () => {
    const rows = tableRows(
      [
        [row('a'), row('long')],
        [row('bbb'), row('x')],
      ],
      [10, 10],
      12,
    );
    expect(rows.map(rowText)).toEqual(['a    long   ', 'bbb  x      ']);
  });
});
