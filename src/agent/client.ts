import type { LiveView, OutputFeed, SessionClient } from '../session/client.ts';
import type { SessionView } from '../machine/view.ts';
import type { Answer } from '../session/intents.ts';
import type { ClientConnection, OutputLine, ToClient } from './messages.ts';

export interface ClientOptions {
  readonly user: string;
  /** A name for this terminal, as the ledger keeps it. */
  readonly client: string;
  readonly drives: boolean;
}

/** Attaches a front end to a host. Resolves with the first view; rejects when the host closes before that. */
export function attachClient(connection: ClientConnection, options: ClientOptions): Promise<SessionClient> {
  let view: SessionView | null = null;
  let live: LiveView = {
    gauges: [],
    preview: null,
    usual: null,
    watchers: 0,
    recording: { ok: true, detail: null },
  };
  let drives = false;
  let nextId = 1;
  let closed = false;
  const waiting = new Map<number, (answer: Answer) => void>();
  const listeners = new Set<() => void>();
  const feeds = new Map<string, Feed>();
  let over: (why: 'ended' | 'lost' | 'detached') => void = () => undefined;
  const gone = new Promise<'ended' | 'lost' | 'detached'>((resolve) => {
    over = resolve;
  });
  const notify = () => {
    for (const listener of listeners) listener();
  };
  const ask = (message: (id: number) => Parameters<ClientConnection['send']>[0]): Promise<Answer> =>
    new Promise((resolve) => {
      if (closed) return resolve(lostAnswer);
      const id = nextId;
      nextId += 1;
      waiting.set(id, resolve);
      connection.send(message(id));
    });

  const client = (first: SessionView): SessionClient => ({
    view: () => view ?? first,
    live: () => live,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    send: (intent) => ask((id) => ({ t: 'intent', id, intent })),
    output: (attempt) => {
      const known = feeds.get(attempt);
      if (known !== undefined) return known.feed;
      const made = openFeed(attempt, connection);
      feeds.set(attempt, made);
      connection.send({ t: 'watch', attempt });
      return made.feed;
    },
    drives: () => drives,
    takeOver: () => ask((id) => ({ t: 'drive', id })),
    gone,
    detach: () => {
      connection.send({ t: 'bye' });
      over('detached');
      // the word of leaving goes first, then the line is cut
      queueMicrotask(() => connection.close());
    },
  });

  return new Promise((resolve, reject) => {
    const take = (message: ToClient): void => {
      switch (message.t) {
        case 'view': {
          const first = view === null;
          view = message.view;
          if (first) resolve(client(message.view));
          return notify();
        }
        case 'live':
          live = message.live;
          return notify();
        case 'role':
          drives = message.drives;
          return notify();
        case 'answer':
          waiting.get(message.id)?.(message.answer);
          return void waiting.delete(message.id);
        case 'lines':
          feeds.get(message.attempt)?.take(message.count, message.lines);
          return notify();
        case 'gone':
          return over(message.why);
      }
    };
    connection.onMessage(take);
    connection.onClose(() => {
      closed = true;
      over('lost');
      for (const answer of waiting.values()) answer(lostAnswer);
      waiting.clear();
      if (view === null) reject(new Error('the session’s host closed the connection'));
    });
    connection.send({ t: 'hello', ...options });
  });
}

const lostAnswer: Answer = {
  ok: false,
  code: 'E_LOST',
  message: 'The connection to the session is gone; the session itself goes on.',
  next: 'Attach again: walkback resume',
};

interface Feed {
  readonly feed: OutputFeed;
  readonly take: (count: number, lines: readonly OutputLine[]) => void;
}

/** Lines that this end knows; older ones are fetched when somebody looks at them. */
function openFeed(attempt: string, connection: ClientConnection): Feed {
  const lines = new Map<number, OutputLine>();
  const asked = new Set<number>();
  let count = 0;
  const feed: OutputFeed = {
    attempt,
    count: () => count,
    lines: (from, length) => {
      const found: OutputLine[] = [];
      let missing: number | null = null;
      for (let n = from; n < Math.min(from + length, count); n += 1) {
        const line = lines.get(n);
        found.push(line ?? { n, text: '', atMs: 0 });
        if (line === undefined && !asked.has(n)) {
          missing ??= n;
          asked.add(n);
        }
      }
      if (missing !== null) connection.send({ t: 'fetch', attempt, from: missing, length });
      return found;
    },
    search: (text, limit) => {
      const wanted = text.toLowerCase();
      const hits = [...lines.values()].filter((line) => line.text.toLowerCase().includes(wanted));
      return hits
        .map(({ n }) => n)
        .toSorted((one, other) => one - other)
        .slice(0, limit);
    },
    close: () => {
      lines.clear();
      asked.clear();
    },
  };
  return {
    feed,
    take: (total, fresh) => {
      count = Math.max(count, total);
      for (const line of fresh) lines.set(line.n, line);
    },
  };
}
