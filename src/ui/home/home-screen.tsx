import type { Look } from '../look.ts';
import { RowsScreen } from '../rows-screen.tsx';
import { homeFrame } from './home-rows.ts';
import type { HomeStore } from './home-store.ts';

export function HomeScreen({ store, look }: { readonly store: HomeStore; readonly look: Look }) {
  return (
    <RowsScreen
      store={store}
      look={look}
      frameOf={({ data, state, seen }) => homeFrame(data, state, seen, look)}
    />
  );
}
