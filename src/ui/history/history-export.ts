import { exportName, type Exported } from '../exported.ts';
import type { KeyName } from '../keys/split-keys.ts';
import { fieldOf, typeInto } from '../kit/text-field.ts';
import type { HistoryState, HistoryUpdate } from './history-state.ts';

/** Asks under which name what is looked at is to be written; null where there is nothing. */
export function toExport(view: HistoryState['view']): HistoryState['exporting'] {
  const what = exportedOf(view);
  return what === null ? null : { what, path: fieldOf(exportName(what)) };
}

function exportedOf(view: HistoryState['view']): Exported | null {
  switch (view.kind) {
    case 'list': {
      const chosen = view.shown[view.selected];
      return chosen === undefined ? null : { kind: 'session', session: chosen.id };
    }
    case 'timeline':
      return { kind: 'session', session: view.session.id };
    case 'statistics':
      return { kind: 'statistics' };
    case 'comparison':
      return { kind: 'comparison', left: view.compared.left.id, right: view.compared.right.id };
  }
}

/** The name of the file is written; Enter writes it, Esc lets it be. */
export function exportKey(
  state: HistoryState,
  { what, path }: NonNullable<HistoryState['exporting']>,
  key: KeyName,
): HistoryUpdate {
  if (key === 'escape') return { state: { ...state, exporting: null, message: 'nothing was written' } };
  if (key === 'enter' && path.value.trim() !== '')
    return {
      state: { ...state, exporting: null, message: 'is being written' },
      write: { what, path: path.value },
    };
  const next = typeInto(path, key);
  return { state: next === null ? state : { ...state, exporting: { what, path: next }, message: null } };
}

/** What came of an export: where it is; or why not, and the name is asked for again. */
export function exported(
  state: HistoryState,
  { what, path }: { readonly what: Exported; readonly path: string },
  done: { readonly file: string } | { readonly trouble: string },
): HistoryState {
  return 'file' in done
    ? { ...state, message: `written: ${done.file}` }
    : { ...state, exporting: { what, path: fieldOf(path) }, message: done.trouble };
}
