import type { Look } from '../look.ts';
import { RowsScreen } from '../rows-screen.tsx';
import { historyFrame } from './history-rows.ts';
import type { HistoryStore } from './history-store.ts';

export function HistoryScreen({ store, look }: { readonly store: HistoryStore; readonly look: Look }) {
  return (
    <RowsScreen store={store} look={look} frameOf={({ state, seen }) => historyFrame(state, seen, look)} />
  );
}
