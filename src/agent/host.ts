import type { CurrentStep, SessionView } from '../machine/view.ts';
import type { LiveView } from '../session/client.ts';
import { answerIntent } from '../session/answer.ts';
import type { Answer, Intent } from '../session/intents.ts';
import { guardsOf, readGuards } from '../session/workers/guard.ts';
import { worst } from '../session/kit.ts';
import type { Session } from '../session/session.ts';
import type { HostConnection, ToHost } from './messages.ts';
import type { OutputWindow, Sanitise } from './output-window.ts';
import { outputWindow } from './output-window.ts';

export interface Host {
  /** Takes a front end in. */
  readonly connect: (connection: HostConnection) => void;
  /** Front ends attached now. */
  readonly clients: () => number;
  /** Something that the session does not know of has changed (gauges). */
  readonly changed: () => void;
  /** Tells every front end that it is over. */
  readonly close: (why: 'ended' | 'lost') => void;
}

/** How often output and live figures go out; a view goes out at once. */
const lookEveryMs = 66;

/** A step has to wait so long for somebody before its guards are read ahead: who runs it at once never sees them. */
const previewAfterMs = 100;

interface Attached {
  readonly connection: HostConnection;
  user: string;
  client: string;
  drives: boolean;
  readonly watched: Set<string>;
}

/** Hosts one session for any number of front ends: one drives, the others watch. */
export function openHost(
  session: Session,
  sanitise: Sanitise,
  figures: () => Pick<LiveView, 'gauges' | 'budgets' | 'eta' | 'standing'>,
  /** The head of what is recorded, in words. */
  head: () => string | null = () => null,
): Host {
  const { clock } = session.options.ports;
  const attached = new Set<Attached>();
  const windows = new Map<string, OutputWindow>();
  /** Attempts that printed since the last look: what others printed before has been sent, however many they are. */
  const unsent = new Set<string>();
  let preview: LiveView['preview'] = null;
  let previewing: string | null = null;
  let stopLook: (() => void) | null = null;
  let stopPreview: () => void = () => undefined;
  let closed = false;

  const offView = session.subscribe(() => {
    // the first fact could not be recorded: there is nothing to show yet
    if (session.context().started === null) return;
    const view = shownView();
    sendLines(); // what a step printed comes before the news that it is over
    for (const { connection } of attached) connection.send({ t: 'view', view });
    previewSoon();
    soon();
  });
  const offOutput = session.onOutput((attempt, bytes) => {
    windowOf(attempt).take(bytes);
    unsent.add(attempt);
    soon();
  });

  function shownView(): SessionView {
    const view = session.view();
    const words = view.status === 'closed' ? head() : null;
    return words === null ? view : { ...view, head: words };
  }

  function windowOf(attempt: string): OutputWindow {
    const known = windows.get(attempt);
    if (known !== undefined) return known;
    const since = clock.mono();
    const made = outputWindow(sanitise, () => Math.round(clock.mono() - since));
    windows.set(attempt, made);
    return made;
  }

  /** Batches what moves by itself, so that a flood never drives the screen. */
  function soon(): void {
    if (stopLook !== null || closed) return;
    stopLook = clock.after(lookEveryMs, () => {
      stopLook = null;
      sendLines();
      const live = liveView();
      for (const { connection } of attached) connection.send({ t: 'live', live });
    });
  }

  function sendLines(): void {
    for (const attempt of unsent) {
      const window = windowOf(attempt);
      const fresh = window.look();
      const last = window.last();
      const lines = last === null ? fresh : [...fresh, last];
      const count = window.count() + (last === null ? 0 : 1);
      if (lines.length === 0) continue;
      for (const { connection, watched } of attached)
        if (watched.has(attempt)) connection.send({ t: 'lines', attempt, count, lines });
    }
    unsent.clear();
  }

  function liveView(): LiveView {
    const [current] = session.view().current;
    const trouble = session.trouble();
    return {
      ...figures(),
      preview: preview?.attempt === current?.attempt ? preview : null,
      usual: current === undefined ? null : (session.options.usual[current.place.step] ?? null),
      watchers: Math.max(0, attached.size - 1),
      recording: { ok: trouble === null, detail: trouble === null ? null : trouble.message },
    };
  }

  const waiting = (): CurrentStep | undefined =>
    session.view().current.find(({ status }) => status === 'ready');

  function previewSoon(): void {
    const attempt = waiting()?.attempt;
    if (attempt === undefined || attempt === previewing) return;
    previewing = attempt;
    stopPreview();
    stopPreview = clock.after(previewAfterMs, () => {
      const current = waiting();
      if (closed || previewing !== attempt) return;
      if (current?.attempt === attempt) readPreview(current);
      else previewing = null;
    });
  }

  /** Guards of a step that waits to be run are read ahead, for the person to see; they are read again after. */
  function readPreview(current: CurrentStep): void {
    const step = session.options.compiled.book.steps.get(current.place.step) ?? null;
    const work = {
      key: 'preview',
      kind: 'guard' as const,
      place: current.place,
      attempt: current.attempt,
      step,
    };
    const job = session.jobFor(work, AbortSignal.timeout(15_000));
    const checks = guardsOf(job);
    if (checks.length === 0) return;
    readGuards(job, checks).then(
      (readings) => {
        const result = worst(readings);
        const detail = readings.find((reading) => reading.result === result)?.detail ?? '';
        preview = { attempt: current.attempt, result, at: clock.now().iso, detail };
        soon();
      },
      () => {
        previewing = null; // the guard itself is read again before anything runs
      },
    );
  }

  function take(one: Attached, message: ToHost): void {
    switch (message.t) {
      case 'hello':
        return hello(one, message);
      case 'intent':
        return void answer(one, message.intent)
          .catch(fault)
          .then((reply) => one.connection.send({ t: 'answer', id: message.id, answer: reply }));
      case 'drive':
        drive(one);
        return one.connection.send({ t: 'answer', id: message.id, answer: { ok: true } });
      case 'watch': {
        one.watched.add(message.attempt);
        const window = windowOf(message.attempt);
        window.look();
        const count = window.count();
        unsent.add(message.attempt); // the line that is not ended yet follows
        soon();
        return one.connection.send({
          t: 'lines',
          attempt: message.attempt,
          count,
          lines: window.lines(Math.max(0, count - 500), 500),
        });
      }
      case 'fetch': {
        const window = windowOf(message.attempt);
        const lines = window.lines(message.from, Math.min(message.length, 1000));
        return one.connection.send({ t: 'lines', attempt: message.attempt, count: window.count(), lines });
      }
      case 'bye':
        return leave(one, 'left');
    }
  }

  function hello(one: Attached, { user, client, drives }: Extract<ToHost, { t: 'hello' }>): void {
    one.user = user;
    one.client = client;
    one.drives = drives && ![...attached].some((other) => other !== one && other.drives);
    session.dispatch([{ type: 'client.attached', by: user, client, drives: one.drives }], user);
    one.connection.send({ t: 'role', drives: one.drives });
    one.connection.send({ t: 'view', view: shownView() });
    one.connection.send({ t: 'live', live: liveView() });
  }

  /** One drives: the others become watchers, and each is told. */
  function drive(one: Attached): void {
    for (const other of attached) {
      const drives = other === one;
      if (other.drives !== drives) other.connection.send({ t: 'role', drives });
      other.drives = drives;
    }
    session.dispatch([{ type: 'client.attached', by: one.user, client: one.client, drives: true }], one.user);
  }

  async function answer(one: Attached, intent: Intent): Promise<Answer> {
    if (!one.drives && !forWatchers.has(intent.type)) {
      return {
        ok: false,
        code: 'E_WATCHING',
        message: 'Another terminal drives this session.',
        next: 'Take over first, or tell the person who drives.',
      };
    }
    const answered = await answerIntent(session, intent, one.user);
    // who has command drives, from the terminal where they took it
    if (answered.ok && intent.type === 'take_command' && !one.drives) drive(one);
    return answered;
  }

  /** What one person asked for goes wrong for them alone: the session and those who watch it go on. */
  function fault(error: unknown): Answer {
    const detail = error instanceof Error ? error.message : String(error);
    return {
      ok: false,
      code: 'E_INTERNAL',
      message: `It could not be done: ${session.options.ports.redactor.text(detail)}`,
      next: 'Try again; if it stays so, do it by hand and put a note on record.',
    };
  }

  function leave(one: Attached, reason: string): void {
    if (!attached.delete(one)) return;
    if (one.user !== '') {
      session.dispatch([{ type: 'client.detached', client: one.client, reason }], one.user);
    }
  }

  return {
    connect: (connection) => {
      const one: Attached = { connection, user: '', client: '', drives: false, watched: new Set() };
      attached.add(one);
      connection.onMessage((message) => take(one, message));
      connection.onClose(() => leave(one, 'its connection closed'));
    },
    clients: () => attached.size,
    changed: soon,
    close: (why) => {
      closed = true;
      // a timer that is left would keep a program that is done from ending
      stopLook?.();
      stopPreview();
      offView();
      offOutput();
      for (const { connection } of attached) {
        connection.send({ t: 'gone', why });
        connection.close();
      }
      attached.clear();
    },
  };
}

/** What anyone may say from another terminal. */
const forWatchers: ReadonlySet<Intent['type']> = new Set([
  'note',
  'drift',
  'sign',
  'deny',
  'escalate',
  'tell_event',
  'hold',
  'object',
  'take_command',
  'prove',
  'approve_override',
]);
