import { graphemes } from '../../report/graphemes.ts';

/** What Ink says about one piece of input; only the parts that are read here. */
export interface InkKey {
  readonly upArrow: boolean;
  readonly downArrow: boolean;
  readonly leftArrow: boolean;
  readonly rightArrow: boolean;
  readonly pageDown: boolean;
  readonly pageUp: boolean;
  readonly home: boolean;
  readonly end: boolean;
  readonly return: boolean;
  readonly escape: boolean;
  readonly ctrl: boolean;
  readonly shift: boolean;
  readonly tab: boolean;
  readonly backspace: boolean;
  readonly delete: boolean;
  readonly meta: boolean;
  readonly eventType?: 'press' | 'repeat' | 'release' | undefined;
}

/** A key by its name: the character itself, or `enter`, `escape`, `tab`, `shift+tab`, `up`, `ctrl+c`, … */
export type KeyName = string;

const controlNames: Readonly<Record<string, KeyName>> = {
  '\r': 'enter',
  '\n': 'enter',
  '\t': 'tab',
  '\u001b': 'escape',
  '\u007f': 'backspace',
  '\b': 'backspace',
};

function nameOf(character: string): KeyName | null {
  const known = controlNames[character];
  if (known !== undefined) return known;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 1 && code <= 26) return `ctrl+${String.fromCharCode(96 + code)}`;
  return code < 32 || (code >= 127 && code < 160) ? null : character;
}

/**
 * The one place where input becomes keys. Fast typing and slow links deliver several keys in one piece, Enter among
 * them, so a piece is taken apart here and nowhere else.
 */
export function splitKeys(input: string, key: InkKey): readonly KeyName[] {
  if (key.eventType === 'release') return [];
  if (key.upArrow) return ['up'];
  if (key.downArrow) return ['down'];
  if (key.leftArrow) return ['left'];
  if (key.rightArrow) return ['right'];
  if (key.pageUp) return ['pageup'];
  if (key.pageDown) return ['pagedown'];
  if (key.home) return ['home'];
  if (key.end) return ['end'];
  if (key.tab) return [key.shift ? 'shift+tab' : 'tab'];
  if (key.return) return ['enter'];
  if (key.backspace) return ['backspace'];
  if (key.delete) return ['delete'];
  if (key.escape) return ['escape'];
  if (key.ctrl) return input === '' ? [] : [`ctrl+${input.toLowerCase()}`];
  const names = graphemes(input).flatMap((character) =>
    [...(controlsApart(character) ?? [character])].map(nameOf),
  );
  const keys = names.filter((name) => name !== null);
  // Escape and the next key can share a piece: they arrive as Alt + that key.
  return key.meta ? ['escape', ...keys] : keys;
}

/** `\r\n` is one character to the segmenter and one Enter to us. */
const controlsApart = (character: string): readonly string[] | null => (character === '\r\n' ? ['\r'] : null);
