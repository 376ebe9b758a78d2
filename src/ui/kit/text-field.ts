import type { KeyName } from '../keys/split-keys.ts';
import { plain } from '../text/plain.ts';
import { span, type Row } from '../text/row.ts';
import { graphemes } from '../../report/graphemes.ts';
import { takeColumns, textWidth } from '../text/width.ts';

/** A line being written: the cursor stands before the character with that number. */
export interface TextField {
  readonly value: string;
  readonly cursor: number;
}

export const emptyField: TextField = { value: '', cursor: 0 };
export const fieldOf = (value: string): TextField => ({ value, cursor: graphemes(value).length });

function splice(field: TextField, at: number, remove: number, insert: string): TextField {
  const characters = [...graphemes(field.value)];
  characters.splice(at, remove, insert);
  return { value: characters.join(''), cursor: at + graphemes(insert).length };
}

/** Pasted text enters as one line. */
export const pasteInto = (field: TextField, text: string): TextField =>
  splice(field, field.cursor, 0, plain(text.trim().replaceAll(/\s*\n\s*/g, ' ')));

/** The field after a key, or null where the key does not edit. */
export function typeInto(field: TextField, key: KeyName): TextField | null {
  const length = graphemes(field.value).length;
  switch (key) {
    case 'backspace':
      return field.cursor === 0 ? field : splice(field, field.cursor - 1, 1, '');
    case 'delete':
      return field.cursor === length
        ? field
        : { ...splice(field, field.cursor, 1, ''), cursor: field.cursor };
    case 'ctrl+w': {
      const before = [...graphemes(field.value)].slice(0, field.cursor).join('');
      const kept = graphemes(before.replace(/\S*\s*$/, '')).length;
      return { ...splice(field, kept, field.cursor - kept, ''), cursor: kept };
    }
    case 'left':
      return { ...field, cursor: Math.max(0, field.cursor - 1) };
    case 'right':
      return { ...field, cursor: Math.min(length, field.cursor + 1) };
    case 'home':
      return { ...field, cursor: 0 };
    case 'end':
      return { ...field, cursor: length };
    default:
      return graphemes(key).length === 1 ? splice(field, field.cursor, 0, plain(key)) : null;
  }
}

/** The visible part of the field in exactly `columns`, and the column of the cursor in it. */
export function textFieldRow(
  field: TextField,
  columns: number,
  hint = '',
): { readonly row: Row; readonly cursorAt: number } {
  const room = Math.max(1, columns - 1);
  if (field.value === '' && hint !== '') {
    const text = textWidth(hint) <= room ? hint : `${takeColumns(hint, room - 1)}…`;
    return { row: [span(text, 'dim'), span(' '.repeat(columns - textWidth(text)), 'input')], cursorAt: 0 };
  }
  const characters = graphemes(field.value);
  // only what can be in sight is measured: a pasted text may be long
  let from = field.cursor;
  let cursorAt = 0;
  for (; from > 0; from -= 1) {
    const wide = cursorAt + textWidth(characters[from - 1] ?? '');
    if (wide > room) break;
    cursorAt = wide;
  }
  let shown = '';
  let width = 0;
  for (let at = from; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    width += textWidth(character);
    if (width > room) break;
    shown += character;
  }
  return {
    row: [span(shown + ' '.repeat(Math.max(0, columns - textWidth(shown))), 'input')],
    cursorAt,
  };
}
