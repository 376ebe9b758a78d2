import { Agent, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { setTimeout as pause } from 'node:timers/promises';
import { OperatorError } from '../../errors.ts';

/** What the proxy adds to its own refusals: a 503 of a server that is down is no freeze. */
const gateHeader = 'x-walkback-freeze';

/** What became of one write: refused by the freeze, let through to whatever answered, or no answer at all. */
export type Tried = { readonly what: 'refused' | 'passed' | 'no_answer'; readonly detail: string };

/** A connection that is kept open, as a customer's browser keeps one. */
export interface Session {
  /** A GET, so that the connection is there before the freeze. */
  look(): Promise<void>;
  write(): Promise<Tried>;
  close(): void;
}

const timeoutMs = 5_000;

/** Opens nothing yet. The write is an empty POST. */
export function openSession(url: string): Session {
  const secure = url.startsWith('https:');
  const agent = secure
    ? new TlsAgent({ keepAlive: true, maxSockets: 1 })
    : new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = (method: string): Promise<{ readonly status: number; readonly frozen: boolean }> =>
    new Promise((resolve, reject) => {
      const sent = (secure ? tlsRequest : request)(
        url,
        { method, agent, timeout: timeoutMs, headers: { 'content-length': '0' } },
        (answer) => {
          answer.resume();
          answer.on('error', reject);
          answer.on('end', () =>
            resolve({ status: answer.statusCode ?? 0, frozen: answer.headers[gateHeader] !== undefined }),
          );
        },
      );
      sent.on('timeout', () => sent.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
      sent.on('error', reject);
      sent.end();
    });
  return {
    look: async () => {
      await ask('GET').catch(() => undefined); // whoever does not answer says so at the write
    },
    write: async () => {
      try {
        const { status, frozen } = await ask('POST');
        const refused = frozen && (status === 503 || status === 405);
        return { what: refused ? 'refused' : 'passed', detail: `HTTP ${status}` };
      } catch (error) {
        return { what: 'no_answer', detail: error instanceof Error ? error.message : String(error) };
      }
    },
    close: () => agent.destroy(),
  };
}

export interface GateProof {
  readonly state: 'frozen' | 'leaking' | 'unproven';
  readonly leaks: readonly string[];
  readonly unproven: readonly string[];
}

/**
 * Tries a write on a connection that was there before and on a new one until both are refused, or the time is over. A
 * connection that the proxy closed is tried again as a customer would: on another one.
 */
export async function proveGate(existing: Session, url: string, withinMs: number): Promise<GateProof> {
  const until = performance.now() + withinMs;
  for (;;) {
    const fresh = openSession(url);
    const tries = [
      ['on a connection that was there before', await existing.write()],
      ['on a new connection', await fresh.write()],
    ] as const;
    fresh.close();
    const said = (what: Tried['what']): readonly string[] =>
      tries.flatMap(([where, tried]) => (tried.what === what ? [`a write ${where}: ${tried.detail}`] : []));
    const [leaks, unproven] = [said('passed'), said('no_answer')];
    const state = leaks.length > 0 ? 'leaking' : unproven.length > 0 ? 'unproven' : 'frozen';
    if (state === 'frozen' || performance.now() >= until) return { state, leaks, unproven };
    await pause(100);
  }
}

/** @throws OperatorError where it is no address */
export function mustBeUrl(text: string): string {
  if (/^https?:\/\/[^\s]+$/.test(text) && URL.canParse(text)) return text;
  throw new OperatorError('--write is no address.', [
    'Give one where an empty POST does no harm: http://shop.example/orders',
  ]);
}
