import { OperatorError, exitCode } from '../../errors.ts';

/** Where an Alertmanager is. */
export interface AlertmanagerAddress {
  /** Such as http://127.0.0.1:9093. */
  readonly url: string;
  /** Headers that a proxy in front of it wants. */
  readonly headers: Readonly<Record<string, string>>;
}

/** One call; what is no answer of Alertmanager is unknown. */
export async function askAlertmanager(
  place: AlertmanagerAddress,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<unknown> {
  const text = await textOf(place, method, path, body);
  try {
    return text === '' ? null : JSON.parse(text);
  } catch (cause) {
    throw cannotTell(`${place.url}${path} is no Alertmanager: its answer is not JSON`, cause);
  }
}

/** Asks Alertmanager and answers the body. Throws `OperatorError` where it cannot be reached, or refuses. */
export async function textOf(
  { url, headers }: AlertmanagerAddress,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
): Promise<string> {
  const address = `${url.replace(/\/+$/, '')}${path}`;
  let response: Response;
  try {
    response = await fetch(address, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      signal: AbortSignal.timeout(10_000),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    throw cannotTell(`${url} does not answer`, cause);
  }
  const text = await response.text();
  if (response.ok) return text;
  throw cannotTell(`${url} answered ${response.status} to ${method} ${path}: ${text.slice(0, 200)}`);
}

const cannotTell = (message: string, cause?: unknown): OperatorError =>
  new OperatorError(`${message}.`, ['Look at its page of silences.'], { cause, exitCode: exitCode.unknown });
