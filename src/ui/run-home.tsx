import { withFullScreen } from './full-screen.tsx';
import type { HomeChoice, HomeData } from './home/home-data.ts';
import { HomeScreen } from './home/home-screen.tsx';
import { openHomeStore, type HomeStore } from './home/home-store.ts';
import { lookOf } from './look.ts';

export type { HomeChoice, HomeData };

/** Shows what is open, what is owed and what can be run, and answers what the person chose. */
export async function runHomeScreen({
  data,
  reload,
  after,
  stdin,
  stdout,
  options,
}: {
  readonly data: HomeData;
  /** Reads the lists again; throws where it cannot. */
  readonly reload: () => HomeData;
  /** Calls back once after so many milliseconds; the answer stops it. */
  readonly after: (ms: number, call: () => void) => () => void;
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
  const { now, user } = options;
  const store = openHomeStore(
    data,
    { columns: stdout.columns, rows: stdout.rows, nowMs: now().ms, user },
    { now, after },
  );
  const stop = keepFresh({ store, reload, after, now: options.now, ring: () => void stdout.write('\u0007') });
  return withFullScreen(<HomeScreen store={store} look={look} />, { stdin, stdout }, store.chosen, {
    resized: store.resize,
    woken: store.redraw,
    broken: () => store.choose({ kind: 'quit' }),
  }).finally(stop);
}

/** A proposal is on the screen within two seconds; one that is new rings once. */
const freshMs = 2_000;

function keepFresh({
  store,
  reload,
  after,
  now,
  ring,
}: {
  readonly store: HomeStore;
  readonly reload: () => HomeData;
  readonly after: (ms: number, call: () => void) => () => void;
  readonly now: () => { readonly ms: number };
  readonly ring: () => void;
}): () => void {
  let cancel = (): void => undefined;
  const again = (): void => {
    cancel = after(freshMs, () => {
      const known = new Set(store.snapshot().data.proposals.map(({ id }) => id));
      const read = reloadOrTrouble(reload);
      store.reloaded(read, now().ms);
      if ('proposals' in read && read.proposals.some(({ id }) => !known.has(id))) ring();
      again();
    });
  };
  again();
  return () => cancel();
}

/** A ledger that cannot be read now may be read later: the screen says so and stays. */
function reloadOrTrouble(reload: () => HomeData): HomeData | { readonly trouble: string } {
  try {
    return reload();
  } catch {
    return { trouble: 'the ledger cannot be read: these lists are old' };
  }
}
