import { graceMs, inGrace, startGrace, type Grace } from '../keys/grace.ts';
import type { KeyName } from '../keys/split-keys.ts';
import { screenCore, type ScreenSnapshot, type TerminalScreen } from '../kit/screen-store.ts';
import type { HomeChoice, HomeData } from './home-data.ts';
import type { HomeSeen } from './home-rows.ts';
import { homeKey, homePaste, homeReloaded, homeStart, type HomeState } from './home-state.ts';

interface HomeSnapshot extends ScreenSnapshot {
  readonly state: HomeState;
  readonly seen: HomeSeen;
  readonly data: HomeData;
}

export interface HomeStore extends TerminalScreen<HomeSnapshot> {
  readonly choose: (choice: HomeChoice) => void;
  /** Lists that were read again, or why they could not be. */
  readonly reloaded: (data: HomeData | { readonly trouble: string }, nowMs: number) => void;
  readonly chosen: Promise<HomeChoice>;
}

export interface HomeTime {
  readonly now: () => { readonly ms: number };
  /** Calls back once after so many milliseconds; the answer stops it. */
  readonly after: (ms: number, call: () => void) => () => void;
}

/** Keys that lead away from a card: they start nothing, and are never swallowed. */
const leading: ReadonlySet<KeyName> = new Set(['escape', 'ctrl+c', 'ctrl+l', 'ctrl+z']);

/**
 * The home screen without React. What moves by itself comes in through `reloaded`. The card of a proposal swallows keys
 * for a moment after it has opened, every one of them anew: a key that was meant for the list starts no rollback.
 */
export function openHomeStore(data: HomeData, seen: HomeSeen, time: HomeTime): HomeStore {
  const { promise: chosen, resolve: choose } = Promise.withResolvers<HomeChoice>();
  const core = screenCore<HomeSnapshot>({ state: homeStart, seen, data, generation: 0 }, () =>
    choose({ kind: 'quit' }),
  );
  const { snapshot, show } = core;
  let grace: Grace = null;
  let stopTimer = (): void => undefined;
  const swallow = (): void => {
    grace = startGrace(time.now().ms);
    stopTimer();
    stopTimer = time.after(graceMs, () => show({ seen: { ...snapshot().seen, swallowing: false } }));
  };
  return {
    ...core,
    press(keys) {
      let { state } = snapshot();
      for (const key of keys) {
        if (key === 'ctrl+l') core.redraw();
        if (key === 'ctrl+z') core.stop();
        const isCard = state.mode.kind === 'proposal';
        if (isCard && !leading.has(key) && inGrace(grace, time.now().ms)) {
          swallow();
          continue;
        }
        const update = homeKey(state, key, snapshot().data);
        if ('choice' in update) {
          stopTimer();
          return choose(update.choice);
        }
        if (update.state.mode.kind === 'proposal' && state.mode.kind === 'list') swallow();
        state = update.state;
      }
      const swallowing = state.mode.kind === 'proposal' && inGrace(grace, time.now().ms);
      show({ state, seen: { ...snapshot().seen, swallowing } });
    },
    paste: (text) => show({ state: homePaste(snapshot().state, text) }),
    choose,
    reloaded(next, nowMs) {
      const { state, seen, data } = snapshot();
      if ('trouble' in next) {
        if (seen.trouble !== next.trouble) show({ seen: { ...seen, trouble: next.trouble } });
        return;
      }
      const isSame = JSON.stringify(next) === JSON.stringify(data);
      // ages are shown in minutes where they are long: an idle screen is drawn once a minute
      if (isSame && seen.trouble == null && Math.floor(nowMs / 60_000) === Math.floor(seen.nowMs / 60_000))
        return;
      show({ state: homeReloaded(state, data, next), data: next, seen: { ...seen, nowMs, trouble: null } });
    },
    chosen,
  };
}
