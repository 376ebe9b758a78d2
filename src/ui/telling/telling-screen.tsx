import type { Look } from '../look.ts';
import { RowsScreen } from '../rows-screen.tsx';
import { tellingFrame } from './telling-rows.ts';
import type { TellingStore } from './telling-store.ts';

export function TellingScreen({ store, look }: { readonly store: TellingStore; readonly look: Look }) {
  return (
    <RowsScreen
      store={store}
      look={look}
      frameOf={({ telling, state, seen }) => tellingFrame(telling, state, seen, look)}
    />
  );
}
