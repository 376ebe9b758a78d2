import { Buffer } from 'node:buffer';
import { abortedAnswer, errorCode, errorText, unknown, type Limits, type Unknown } from './answer.ts';

export interface HttpRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

export interface HttpAnswer {
  readonly ok: true;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

const mostRedirects = 5;

/**
 * Asks once. A redirect is followed to the same origin only: one that leads elsewhere is the answer, so that
 * headers never travel to another host and a check never passes on another site's page.
 */
export async function fetchText(request: HttpRequest, limits: Limits): Promise<HttpAnswer | Unknown> {
  const target = readUrl(request.url);
  if (target === null) return unknown('bad_url', 'It is not an http or https address.');
  const headers = new Headers({ 'user-agent': 'walkback', ...target.authorization });
  try {
    for (const [name, value] of Object.entries(request.headers)) headers.set(name, value);
  } catch (cause) {
    return unknown('bad_url', errorText(cause));
  }
  let { url } = target;
  try {
    for (let hop = 0; ; hop += 1) {
      const response = await fetch(url, {
        method: request.method,
        headers,
        body: request.body,
        redirect: 'manual',
        signal: limits.signal,
      });
      const next = redirectOf(response, url, request.method);
      if (next !== null && hop < mostRedirects) {
        await response.body?.cancel();
        url = next;
        continue;
      }
      const text = await readBody(response, limits.mostBytes);
      if (text === null) return unknown('too_large', `The answer is larger than ${limits.mostBytes} bytes.`);
      return { ok: true, status: response.status, headers: Object.fromEntries(response.headers), text };
    }
  } catch (cause) {
    return limits.signal.aborted ? abortedAnswer(limits.signal) : networkFailure(cause);
  }
}

/** A user and password in the address become a header: fetch refuses them, and addresses are shown. */
function readUrl(
  text: string,
): { readonly url: URL; readonly authorization: Readonly<Record<string, string>> } | null {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) return null;
  if (url.username === '' && url.password === '') return { url, authorization: {} };
  const pair = [url.username, url.password].map(decodeURIComponent).join(':');
  url.username = '';
  url.password = '';
  return { url, authorization: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } };
}

function redirectOf(response: Response, from: URL, method: string): URL | null {
  if (![301, 302, 303, 307, 308].includes(response.status) || !['GET', 'HEAD'].includes(method)) return null;
  const next = URL.parse(response.headers.get('location') ?? '', from.href);
  return next !== null && next.origin === from.origin && next.username === '' ? next : null;
}

async function readBody(response: Response, mostBytes: number): Promise<string | null> {
  if (response.body === null) return '';
  const parts: Uint8Array[] = [];
  let size = 0;
  // Leaving the loop cancels the rest.
  for await (const part of response.body) {
    size += part.length;
    if (size > mostBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** Sorts what Node says about a failed connection. */
export function networkFailure(cause: unknown): Unknown {
  const code = errorCode(cause) ?? '';
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const detail = errorText(inner) || code;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return unknown('dns', detail);
  if (code === 'ERR_INVALID_URL') return unknown('bad_url', detail);
  if (/CERT|TLS|SSL|SELF_SIGNED|UNABLE_TO_/.test(code)) return unknown('tls', detail);
  if (code === 'ETIMEDOUT' || /TIMEOUT/.test(code)) return unknown('timeout', detail);
  return unknown('connection', detail);
}
