import { hasShape, isNumber, isText } from '../attempts/sealed-record.ts';

/** What an agent and its supervisor say to each other: one JSON object a line. The files, not these messages, are the truth. */
export type Request =
  | { readonly ask: 'hello'; readonly pid: number }
  | ({ readonly ask: 'run' } & Start)
  | { readonly ask: 'stop'; readonly attempt: string }
  | { readonly ask: 'close' };

/** A command ready to be started; `env` is the whole environment. */
export interface Start {
  readonly attempt: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly timeoutMs: number;
}

export type Reply =
  /** The claim is ours: the command was started, or the exit record says why not. */
  | { readonly say: 'claimed'; readonly attempt: string }
  /** Somebody claimed it before; nothing was started. */
  | { readonly say: 'taken'; readonly attempt: string }
  /** Nothing could be claimed, so nothing was started. */
  | { readonly say: 'refused'; readonly attempt: string; readonly detail: string }
  /** This supervisor is ending and starts nothing more. */
  | { readonly say: 'draining'; readonly attempt: string }
  /** The command was asked to end, or had ended before. */
  | { readonly say: 'stopping'; readonly attempt: string }
  /** The exit record is there: look. */
  | { readonly say: 'ended'; readonly attempt: string };

/** How a supervisor is started: its one argument, as JSON. */
export interface SupervisorOptions {
  readonly folder: string;
  readonly session: string;
  readonly socket: string;
  /** How long it stays without an agent and without a child. */
  readonly idleMs: number;
  /** Between TERM and KILL. */
  readonly graceMs: number;
  /** A spool larger than this is emptied, and the ending says so. */
  readonly spoolBytes: number;
  /** With less room than this on the disk, spools are emptied too. */
  readonly reserveBytes: number;
}

export const frame = (message: Request | Reply): string => `${JSON.stringify(message)}\n`;

/** Cuts a stream of text into messages; a line that is none of ours is dropped. */
export function lineReader<Message>(
  isMessage: (value: unknown) => value is Message,
  onMessage: (message: Message) => void,
): (text: string) => void {
  let pending: string[] = [];
  return (text) => {
    const lines = text.split('\n');
    const last = lines.pop() ?? '';
    for (const line of lines) {
      const value = parse(pending.join('') + line);
      pending = [];
      if (isMessage(value)) onMessage(value);
    }
    if (last !== '') pending.push(last);
  };
}

export function isRequest(value: unknown): value is Request {
  const { ask } = fieldsOf(value);
  if (ask === 'hello') return hasShape(value, { pid: isNumber });
  if (ask === 'run') {
    return hasShape(value, { attempt: isText, argv: Array.isArray, cwd: isText, timeoutMs: isNumber });
  }
  return ask === 'close' || (ask === 'stop' && hasShape(value, { attempt: isText }));
}

export function isReply(value: unknown): value is Reply {
  const { say } = fieldsOf(value);
  return isText(say) && hasShape(value, { attempt: isText });
}

function fieldsOf(value: unknown): { readonly ask?: unknown; readonly say?: unknown } {
  return typeof value === 'object' && value !== null ? value : {};
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
