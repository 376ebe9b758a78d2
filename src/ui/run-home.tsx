import { withFullScreen } from './full-screen.tsx';
import type { HomeChoice, HomeData } from './home/home-data.ts';
import { HomeScreen } from './home/home-screen.tsx';
import { openHomeStore } from './home/home-store.ts';
import { lookOf } from './look.ts';

export type { HomeChoice, HomeData };

/** Shows what is open, what is owed and what can be run, and answers what the person chose. */
export async function runHomeScreen({
  data,
  stdin,
  stdout,
  options,
}: {
  readonly data: HomeData;
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly options: {
    readonly ascii: boolean;
    readonly noColor: boolean;
    readonly user: string;
    readonly now: () => { readonly ms: number };
  };
}): Promise<HomeChoice> {
  const look = lookOf(options);
  const store = openHomeStore(data, {
    columns: stdout.columns,
    rows: stdout.rows,
    nowMs: options.now().ms,
    user: options.user,
  });
  return withFullScreen(<HomeScreen store={store} look={look} />, { stdin, stdout }, store.chosen, {
    resized: store.resize,
    woken: store.redraw,
    broken: () => store.choose({ kind: 'quit' }),
  });
}
