import { describe, expect, test } from 'vitest';
import { graceMs, inGrace, startGrace } from '../../src/ui/keys/grace.ts';
import { splitKeys, type InkKey } from '../../src/ui/keys/split-keys.ts';

const noKey: InkKey = {
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

describe('input becomes keys', () => {
  test.each<[string, string, Partial<InkKey>, readonly string[]]>([
    ['one character', 'r', {}, ['r']],
    ['fast typing with Enter in one piece', 'yes\r', {}, ['y', 'e', 's', 'enter']],
    ['Enter alone', '\r', { return: true }, ['enter']],
    ['carriage return and line feed as one Enter', 'a\r\nb', {}, ['a', 'enter', 'b']],
    ['a capital', 'G', { shift: true }, ['G']],
    ['Ctrl and a letter', 'd', { ctrl: true }, ['ctrl+d']],
    ['control bytes inside a piece', 'a\u0004b\u0015', {}, ['a', 'ctrl+d', 'b', 'ctrl+u']],
    ['Escape', '', { escape: true, meta: true }, ['escape']],
    ['Escape and the next key in one piece', 'q', { meta: true }, ['escape', 'q']],
    ['an arrow', '', { upArrow: true }, ['up']],
    ['Tab backwards', '', { tab: true, shift: true }, ['shift+tab']],
    ['a composed character', 'e\u0301日', {}, ['e\u0301', '日']],
    ['a byte that means nothing', '\u0000x', {}, ['x']],
    ['a key that goes up', 'x', { eventType: 'release' }, []],
  ])('%s', (_name, input, key, expected) => {
    expect(splitKeys(input, { ...noKey, ...key })).toEqual(expected);
  });
});

test('the dead time ends after its time and not before', () => {
  const grace = startGrace(1000);
  expect(inGrace(grace, 1000 + graceMs - 1)).toBe(true);
  expect(inGrace(grace, 1000 + graceMs)).toBe(false);
  expect(inGrace(null, 0)).toBe(false);
});
