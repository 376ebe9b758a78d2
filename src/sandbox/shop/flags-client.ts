import { call, fields } from '../http.ts';
import { realNow } from '../clock.ts';

/** Reads flags from the flag service and believes an answer for `ttlMs` of real time; without one it goes on with the last. */
export function flagsClient(
  url: string,
  instance: string,
  ttlMs: () => number,
): (name: string) => Promise<boolean> {
  let known: Readonly<Record<string, unknown>> = {};
  let readAt = -Infinity;
  return async (name) => {
    if (realNow() - readAt > ttlMs()) {
      readAt = realNow();
      try {
        known = fields((await call(`${url}/flags?instance=${instance}`, { timeoutMs: 500 })).text);
      } catch {
        // the flag service is away: the last answer stands
      }
    }
    return known[name] === true;
  };
}
