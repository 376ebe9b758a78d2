import { expect, test } from 'vitest';
import { openTellingDesk } from '../../src/cli/records/telling-desk.ts';
import { lookOf } from '../../src/ui/look.ts';
import { tellingFrame } from '../../src/ui/telling/telling-rows.ts';
import { itemFields } from '../../src/ui/telling/telling-state.ts';
import { openTellingStore, type TellingStore } from '../../src/ui/telling/telling-store.ts';
import { rowText, rowWidth } from '../../src/ui/text/row.ts';
import { closedSession } from '../cli/closed-session.ts';

const look = lookOf({ ascii: false, noColor: true });
const type = (store: TellingStore, text: string): void => store.press([...text]);
const drawn = (store: TellingStore) => {
  const { telling, state, seen } = store.snapshot();
  return tellingFrame(telling, state, seen, look);
};
const text = (store: TellingStore): string => drawn(store).rows.map(rowText).join('\n');

async function opened(columns = 100, rows = 30) {
  const closed = closedSession();
  const desk = await openTellingDesk(closed.around, closed.session);
  return { ...closed, desk, store: openTellingStore(desk, { columns, rows }) };
}

test.each([
  [100, 30],
  [80, 24],
  [60, 16],
])('every page fits into %i×%i, with the cursor in its field', async (columns, rows) => {
  const { store } = await opened(columns, rows);
  for (const _page of store.snapshot().state.pages) {
    const frame = drawn(store);
    expect(frame.rows.length).toBeLessThan(rows);
    for (const line of frame.rows) expect(rowWidth(line)).toBeLessThanOrEqual(columns);
    if (frame.cursor !== null) {
      expect(frame.cursor.y).toBeLessThan(rows - 2);
      expect(frame.cursor.x).toBeLessThan(columns);
    }
    store.press(['tab']);
  }
});

test('at 60×16 the keys that lead on and out are named whole, and so is what Enter does', async () => {
  const { store } = await opened(60, 16);
  expect(text(store)).toContain('Enter records it; empty stays open');
  expect(text(store).split('\n').at(-1)).toMatch(
    /^ Enter record {2}Tab next {2}Esc leave {2}Ctrl-E \$EDITOR *$/,
  );
});

test('at 60×16 the first Esc says on every page that what is written is not on record, and the second leaves', async () => {
  const { store } = await opened(80, 24);
  const kind = (): string | undefined => {
    const { state } = store.snapshot();
    return state.pages[state.at]?.kind;
  };
  while (kind() !== 'item') store.press(['tab']);
  // what is on record already stands above the fields
  type(store, 'alert on the pool before it is full, '.repeat(6));
  for (const _field of itemFields) store.press(['enter']);
  while (store.snapshot().state.at > 0) store.press(['shift+tab']);
  const pages = store.snapshot().state.pages.length - 1;
  for (let page = 0; page < pages; page += 1) {
    type(store, 'not on record');
    store.resize(60, 16);
    store.press(['escape']);
    expect(text(store), `page ${page}`).toContain('Esc again drops it');
    expect(text(store)).toContain('not on record');
    store.press(['tab']);
  }
  let left = false;
  void store.left.then(() => (left = true));
  type(store, 'a');
  store.press(['escape', 'escape']);
  await Promise.resolve();
  expect(left).toBe(true);
});

test('Ctrl-Z gives the terminal to the shell, and what is written stays in its field', async () => {
  const { store } = await opened();
  let stopped = 0;
  store.attachTerminal(
    (meanwhile) => meanwhile(),
    () => Promise.resolve(void (stopped += 1)),
  );
  type(store, 'Pay');
  store.press(['ctrl+z']);
  expect(stopped).toBe(1);
  expect(text(store)).toContain('Pay');
});

test('an answer is on record at Enter, and the next question is asked', async () => {
  const { store, facts } = await opened();
  expect(text(store)).toContain('Who owns this document?');
  type(store, 'Payments');
  store.press(['enter']);

  expect(facts().at(-1)).toMatchObject({ type: 'pm.edited', part: 'header.owner', text: 'Payments' });
  expect(text(store)).toContain('Who reviews it?');
  expect(text(store)).toMatch(/✓ header\.owner/);
});

test('wording that blames is shown before it is recorded: Enter again keeps it', async () => {
  const { store, facts } = await opened();
  const count = facts().length;
  while (!text(store).includes('What went badly?')) store.press(['tab']);
  type(store, 'pure carelessness');
  store.press(['enter']);
  expect(text(store)).toMatch(/“carelessness”: What was the person attending/);
  expect(facts()).toHaveLength(count);

  store.press(['enter']);
  expect(facts().at(-1)).toMatchObject({ part: 'lessons.badly', text: 'pure carelessness' });
});

test('what is written and not recorded is not lost to one Esc', async () => {
  const { store } = await opened();
  let gone = false;
  void store.left.then(() => (gone = true));
  type(store, 'Pay');
  store.press(['escape']);
  await Promise.resolve();
  expect(gone).toBe(false);
  expect(text(store)).toContain('not on record yet');
  store.press(['escape']);
  await store.left;
});

test('the editor’s text of several lines is an answer; nothing back changes nothing', async () => {
  const closed = closedSession();
  const desk = await openTellingDesk(closed.around, closed.session);
  const texts: (string | null)[] = ['One.\n\nTwo.\n', null];
  const store = openTellingStore(
    { ...desk, edit: async () => texts.shift() ?? null },
    { columns: 80, rows: 24 },
  );
  store.press(['ctrl+e']);
  await expect.poll(() => store.snapshot().state.at).toBe(1);
  expect(closed.facts().at(-1)).toMatchObject({ part: 'header.owner', text: 'One.\n\nTwo.' });

  store.press(['shift+tab']);
  for (const line of drawn(store).rows.map(rowText)) expect(line).not.toContain('\n');
  expect(text(store)).toMatch(/│ One\.[^]*│ Two\.[^]*Ctrl-E edits them/);
  store.press(['ctrl+e']);
  await expect.poll(() => text(store)).toContain('the editor gave nothing back');
});

test('an editor that cannot be used is said, and what was written stays', async () => {
  const closed = closedSession();
  const desk = await openTellingDesk(closed.around, closed.session);
  const edit = async (): Promise<string> => {
    throw new Error('spawn vi ENOENT');
  };
  const store = openTellingStore({ ...desk, edit }, { columns: 80, rows: 24 });
  type(store, 'Payments');
  store.press(['ctrl+e']);
  await expect.poll(() => text(store)).toContain('the editor could not be used: spawn vi ENOENT');
  expect(store.snapshot().state.fields[0]?.value).toBe('Payments');
});

test('a finding becomes an action item field by field, and the last page says what is missing', async () => {
  const { store, facts } = await opened(80, 24);
  while (!text(store).includes('finding: schema_down failed')) store.press(['tab']);
  const enter = (words: string): void => {
    type(store, words);
    store.press(['enter']);
  };
  enter('More time');
  enter(''); // the kind as it is
  enter('grace');
  enter('1 April');
  expect(text(store)).toContain('a day like 2026-12-31');
  store.press(Array.from({ length: '1 April'.length }, () => 'backspace'));
  enter('2026-04-01');
  enter('the next drill');
  enter('y');

  expect(facts().findLast(({ type: kind }) => kind === 'pm.item')).toMatchObject({
    id: 'AI-1',
    kind: 'prevent',
    owner: 'grace',
    due: '2026-04-01',
    proof: 'the next drill',
    lasting: true,
  });
  while (!text(store).includes('Not finished yet')) store.press(['tab']);
  expect(text(store)).toContain('header.owner: Who owns this document?');
});
