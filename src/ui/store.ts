import type { SessionClient } from '../session/client.ts';
import type { Answer } from '../session/intents.ts';
import { copy, exportNow, send, type Hands } from './effects.ts';
import { graceMs } from './keys/grace.ts';
import { followedOutput } from './followed-output.ts';
import type { KeyName } from './keys/split-keys.ts';
import { openListeners, type Suspend } from './kit/screen-store.ts';
import { throttled } from './kit/throttle.ts';
import type { Look } from './look.ts';
import type { ScreenOptions } from './options.ts';
import { writePrivate } from './private-file.ts';
import { requestFiles } from './screens/request-file.ts';
import { compose, type Frame } from './screens/compose.ts';
import { writtenInto } from './state/form.ts';
import { say } from './state/mode.ts';
import { isBusy, noticeView, refused, tick, welcomed } from './state/notice.ts';
import { searchLimit } from './state/output-keys.ts';
import {
  initialState,
  selectedStep,
  type Effect,
  type ScreenState,
  type Seen,
  type Update,
} from './state/screen-state.ts';
import { pasteText, pressKey } from './state/update.ts';
import type { Left } from './transcript.ts';

/** Frames that output asks for come at most this often; frames that a key asks for come at once. */
const outputFrameMs = 67;
const secondMs = 1000;

/** The terminal as the screen uses it, beside drawing frames. */
export interface Terminal {
  readonly write: (bytes: string) => void;
  readonly suspend: Suspend;
  /** Gives the terminal to the shell until it wakes us. */
  readonly stop?: () => Promise<void>;
}

export interface ScreenStore {
  /** The same object until something changed. */
  readonly frame: () => Frame;
  readonly subscribe: (changed: () => void) => () => void;
  readonly press: (keys: readonly KeyName[]) => void;
  readonly paste: (text: string) => void;
  readonly resize: (columns: number, rows: number) => void;
  readonly attachTerminal: (terminal: Terminal) => void;
  /** How the person left; rejects where the screen itself failed. */
  readonly left: Promise<Left>;
  readonly leave: (left: Left) => void;
  readonly dispose: () => void;
}

/** Said by the view itself a moment later. */
const quiet: ReadonlySet<string> = new Set([
  'run',
  'retry',
  'check_again',
  'choose',
  'route',
  'skip',
  'sign',
  'close',
]);

/**
 * The screen without React: it keeps the state, listens to the session, turns keys into intents and composes frames.
 * One timer a second; a faster one only while output flows or keys are being swallowed.
 */
export function openStore(
  client: SessionClient,
  options: ScreenOptions,
  look: Look,
  size: { readonly columns: number; readonly rows: number },
): ScreenStore {
  let unwritten = '';
  let terminal: Terminal = {
    write: (bytes) => {
      unwritten += bytes;
    },
    suspend: (meanwhile) => meanwhile(),
  };
  let suspended = false;
  let generation = 0;
  let { columns, rows } = size;
  const output = followedOutput(client);
  let view = client.view();
  let frame: Frame;
  let gone: 'ended' | 'lost' | 'detached' | null = null;
  let disposed = false;
  let stopGraceTimer: (() => void) | null = null;
  const { subscribe, tell } = openListeners();
  const written = new Set<string>();
  const { promise: left, resolve: leave, reject: fail } = Promise.withResolvers<Left>();

  const seenNow = (heights: Seen['heights']): Seen => {
    const { ms, iso } = options.now();
    return {
      view: client.view(),
      live: client.live(),
      drives: client.drives(),
      nowMs: ms,
      nowIso: iso,
      columns,
      rows,
      heights,
      outputLines: output.feed()?.count() ?? 0,
      searchOutput: (text) => output.feed()?.search(text, searchLimit) ?? [],
      user: options.user,
      copyFolder: options.copyFolder,
      draft: options.draft ?? null,
    };
  };
  let seen = seenNow({ 1: 1, 2: 1, 3: 1, 4: 1 });
  let state: ScreenState = initialState(seen);
  if (options.firstTime === true) state = welcomed(state, seen);

  const hands: Hands = {
    client,
    options,
    write: (bytes) => terminal.write(bytes),
    suspend: letGo,
    feed: output.feed,
    state: () => state,
  };

  /** Lends the terminal to something else, never to two at once. */
  async function letGo(meanwhile: () => Promise<void>): Promise<void> {
    if (suspended) return;
    suspended = true;
    try {
      await terminal.suspend(meanwhile);
    } finally {
      suspended = false;
    }
  }

  /** A step that begins to print is followed from its first line. */
  function followOutput(): void {
    const changed = output.follow(selectedStep(seen.view, state.selected));
    if (changed === null) return;
    state = {
      ...state,
      output: { ...state.output, attempt: changed, follow: true, top: 0, query: '', matches: [], match: 0 },
    };
  }

  function draw(): void {
    if (disposed) return;
    followOutput();
    seen = seenNow(seen.heights);
    frame = compose(state, seen, look, output.feed(), generation);
    seen = { ...seen, heights: frame.heights };
    state = { ...state, scroll: frame.scroll };
    if (frame.leadTop !== null && state.mode.kind === 'menu') {
      state = { ...state, mode: { kind: 'menu', menu: { ...state.mode.menu, leadTop: frame.leadTop } } };
    }
    watchGrace();
    tell();
  }

  /** One more frame when the dead time is over: the card says when keys count again. */
  function watchGrace(): void {
    if (state.grace === null || stopGraceTimer !== null) return;
    stopGraceTimer = options.every(Math.max(20, graceMs / 4), () => {
      if (state.grace !== null && options.now().ms < state.grace) return;
      stopGraceTimer?.();
      stopGraceTimer = null;
      state = { ...state, grace: null };
      draw();
    });
  }

  function apply(update: Update): void {
    state = update.state;
    for (const effect of update.effects) perform(effect);
  }

  function answered(answer: Answer, effect: Extract<Effect, { kind: 'send' }>): void {
    state = { ...state, sending: false };
    seen = seenNow(seen.heights);
    if (!answer.ok) state = refused(state, seen, answer, effect);
    else if (effect.intent.type === 'stop') {
      state = say({ ...state, stopping: true }, seen, 'The session stops after this step.');
      if (!isBusy(seen)) leave('stop');
    } else if (!quiet.has(effect.intent.type)) state = say(state, seen, `${effect.said}: recorded`, 'good');
    noticed();
  }

  /** Lets the outcome of something slow onto the screen; what it throws becomes a message. */
  function whenDone(work: Promise<string | null>): void {
    const tell = (text: string | null, role: 'good' | 'bad'): void => {
      if (disposed) return;
      seen = seenNow(seen.heights);
      if (text !== null) state = say(state, seen, text, role);
      draw();
    };
    work.then(
      (text) => tell(text, 'good'),
      (error: unknown) => tell(error instanceof Error ? error.message : String(error), 'bad'),
    );
  }

  function perform(effect: Effect): void {
    switch (effect.kind) {
      case 'send':
        if (effect.intent.type === 'close' && gone !== null) return leave('ended');
        void send(effect, client).then((answer) => guarded(() => answered(answer, effect)));
        return;
      case 'take_over':
        whenDone(
          client
            .takeOver()
            .then((answer) => (answer.ok ? 'This terminal drives now.' : `${answer.message} ${answer.next}`)),
        );
        return;
      case 'copy':
        whenDone(copy(effect, hands));
        return;
      case 'export':
        whenDone(exportNow(effect.session, options));
        return;
      case 'pager': {
        const log = output.feed();
        if (log !== null) whenDone(letGo(() => options.openPager(log)).then(() => null));
        return;
      }
      case 'edit':
        whenDone(edit(effect.initial));
        return;
      case 'ring':
        terminal.write('\u0007');
        if (effect.notify) options.notify?.(effect.text);
        return;
      case 'suspend':
        whenDone(letGo(() => terminal.stop?.() ?? Promise.resolve()).then(() => null));
        return;
      case 'redraw':
        whenDone(letGo(() => Promise.resolve()).then(() => null));
        return;
      case 'leave':
        leave(effect.left);
    }
  }

  async function edit(initial: string): Promise<null> {
    let text: string | null = null;
    await letGo(async () => {
      text = await options.openEditor(initial);
    });
    const { mode } = state;
    if (text !== null && mode.kind === 'form') {
      state = { ...state, mode: { ...mode, form: writtenInto(mode.form, text) } };
    }
    return null;
  }

  /** What is asked to be signed lies beside the screen as a file, so that it can be signed anywhere. */
  function writeRequests(): void {
    for (const { path, text } of requestFiles(seen.view)) {
      if (written.has(path)) continue;
      written.add(path);
      whenDone(writePrivate(options.copyFolder, path, text).then(() => null));
    }
  }

  function noticed(): void {
    seen = seenNow(seen.heights);
    view = seen.view;
    apply(noticeView(state, seen));
    writeRequests();
    draw();
  }

  /** A fault of the screen must not take the terminal with it: the screen ends and says so, the session goes on. */
  function guarded(work: () => void): void {
    if (disposed) return;
    try {
      work();
    } catch (error) {
      fail(error);
    }
  }

  const outputFrames = throttled(options.every, outputFrameMs, () => guarded(draw));
  const changed = (): void =>
    guarded(() => {
      if (client.view() !== view) return noticed();
      outputFrames.ask();
    });

  const unsubscribe = client.subscribe(changed);
  const stopClock = options.every(secondMs, () =>
    guarded(() => {
      seen = seenNow(seen.heights);
      apply(tick(state, seen));
      draw();
    }),
  );
  void client.gone.then((reason) =>
    guarded(() => {
      gone = reason;
      if (state.stopping) return leave('stop');
      if (reason !== 'ended') return leave(reason);
      noticed();
    }),
  );
  frame = compose(state, seen, look, output.feed(), generation);
  apply(noticeView({ ...state, asked: '' }, seen));
  state = { ...state, grace: null };
  writeRequests();
  draw();

  return {
    frame: () => frame,
    subscribe,
    press: (keys) =>
      guarded(() => {
        for (const key of keys) {
          seen = seenNow(seen.heights);
          apply(pressKey(state, key, seen));
        }
        draw();
      }),
    paste: (text) =>
      guarded(() => {
        seen = seenNow(seen.heights);
        apply(pasteText(state, text, seen));
        draw();
      }),
    resize: (width, height) =>
      guarded(() => {
        columns = width;
        rows = height;
        generation += 1;
        draw();
      }),
    attachTerminal(use) {
      terminal = use;
      if (unwritten !== '') use.write(unwritten);
      unwritten = '';
    },
    left,
    leave,
    dispose() {
      disposed = true;
      unsubscribe();
      stopClock();
      outputFrames.stop();
      stopGraceTimer?.();
      output.close();
    },
  };
}
