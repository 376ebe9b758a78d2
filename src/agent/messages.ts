import type { SessionView } from '../machine/view.ts';
import type { LiveView } from '../session/client.ts';
import type { Answer, Intent } from '../session/intents.ts';

/** One line a message, JSON, both ways: the same over a socket and inside one process. */
export type ToHost =
  | { readonly t: 'hello'; readonly user: string; readonly client: string; readonly drives: boolean }
  | { readonly t: 'intent'; readonly id: number; readonly intent: Intent }
  | { readonly t: 'drive'; readonly id: number }
  | { readonly t: 'watch'; readonly attempt: string }
  | { readonly t: 'fetch'; readonly attempt: string; readonly from: number; readonly length: number }
  | { readonly t: 'bye' };

export interface OutputLine {
  readonly n: number;
  readonly text: string;
  readonly atMs: number;
}

export type ToClient =
  | { readonly t: 'view'; readonly view: SessionView }
  | { readonly t: 'live'; readonly live: LiveView }
  | { readonly t: 'role'; readonly drives: boolean }
  | { readonly t: 'answer'; readonly id: number; readonly answer: Answer }
  | {
      readonly t: 'lines';
      readonly attempt: string;
      readonly count: number;
      readonly lines: readonly OutputLine[];
    }
  | { readonly t: 'gone'; readonly why: 'ended' | 'lost' };

/** Two ends of one conversation. Messages arrive in order, whole, or the connection closes. */
export interface Connection<Out, In> {
  readonly send: (message: Out) => void;
  readonly onMessage: (take: (message: In) => void) => void;
  readonly onClose: (closed: () => void) => void;
  readonly close: () => void;
}

export type HostConnection = Connection<ToClient, ToHost>;
export type ClientConnection = Connection<ToHost, ToClient>;

/** Host and client in one process: messages are delivered later, never inside the call that sends them. */
export function memoryDuplex(): { readonly host: HostConnection; readonly client: ClientConnection } {
  const toHost = channel<ToHost>();
  const toClient = channel<ToClient>();
  const close = () => {
    toHost.close();
    toClient.close();
  };
  return {
    host: { send: toClient.send, onMessage: toHost.onMessage, onClose: toHost.onClose, close },
    client: { send: toHost.send, onMessage: toClient.onMessage, onClose: toClient.onClose, close },
  };
}

function channel<Message>() {
  const takers: ((message: Message) => void)[] = [];
  const closers: (() => void)[] = [];
  let closed = false;
  return {
    send: (message: Message): void => {
      if (!closed) queueMicrotask(() => takers.forEach((take) => take(message)));
    },
    onMessage: (take: (message: Message) => void): void => void takers.push(take),
    onClose: (call: () => void): void => void closers.push(call),
    close: (): void => {
      if (closed) return;
      closed = true;
      queueMicrotask(() => closers.forEach((call) => call()));
    },
  };
}
