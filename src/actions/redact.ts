import { Buffer } from 'node:buffer';
import { OperatorError } from '../errors.ts';
import type { Redactor } from '../session/ports.ts';
import { byteMatcher, type ByteMatcher } from './secrets/byte-matcher.ts';
import { formsOf } from './secrets/secret-forms.ts';
import { weaknessOf } from './secrets/weak-secret.ts';

export interface Secret {
  readonly name: string;
  readonly value: string;
}

/**
 * A masker of the given secrets in all their forms; each occurrence becomes `«name»`. Where occurrences overlap they
 * are masked as one, under the name of the longest.
 *
 * Throws an `OperatorError` for a secret that cannot be masked without masking ordinary text (see secrets/weak-secret.ts).
 */
export function redactor(secrets: readonly Secret[]): Redactor {
  for (const secret of secrets) refuseWeak(secret);
  const masks = secrets.map(({ name }) => Buffer.from(`«${name}»`));
  const matcher = byteMatcher(
    secrets.flatMap(({ value }, owner) => [...formsOf(value)].map((text) => ({ text, owner }))),
  );
  const stream = () => (secrets.length === 0 ? passingStream() : maskingStream(matcher, masks));
  return {
    stream,
    text(value) {
      if (secrets.length === 0) return value;
      const one = stream();
      return Buffer.concat([one.push(Buffer.from(value)), one.end()]).toString();
    },
  };
}

/** The same for secrets by name. */
export const redactorOf = (secrets: Readonly<Record<string, string>>): Redactor =>
  redactor(Object.entries(secrets).map(([name, value]) => ({ name, value })));

function refuseWeak({ name, value }: Secret): void {
  const weakness = weaknessOf(value);
  if (weakness === null) return;
  throw new OperatorError(
    `The secret \`${name}\` ${weakness}, so it cannot be masked in what is shown and recorded.`,
    [
      `Give \`${name}\` another value at its source.`,
      'If the value is not secret, declare the input as `string`.',
    ],
  );
}

interface Span {
  start: number;
  end: number;
  owner: number;
  length: number;
}

/** Where nothing is secret every byte passes without a look at it; copied, as the caller may use its buffer again. */
const passingStream = (): ReturnType<Redactor['stream']> => ({
  push: (bytes) => Buffer.from(bytes),
  end: () => new Uint8Array(0),
});

/**
 * Positions count from the start of the stream. Bytes are given out once no match can begin before them; which
 * bytes are masked depends on the whole stream only, never on how it was cut.
 */
function maskingStream(matcher: ByteMatcher, masks: readonly Buffer[]) {
  let state = 0;
  let position = 0;
  let held: Uint8Array = new Uint8Array(0);
  let heldFrom = 0;
  let spans: Span[] = [];

  const addMatch = (end: number, length: number, owner: number) => {
    const span = { start: end - length, end, owner, length };
    for (let last = spans.at(-1); last !== undefined && span.start < last.end; last = spans.at(-1)) {
      spans.pop();
      span.start = Math.min(span.start, last.start);
      if (last.length >= span.length) {
        span.length = last.length;
        span.owner = last.owner;
      }
    }
    spans.push(span);
  };

  const scan = (chunk: Uint8Array) => {
    const { begins, step, matchLength, matchOwner } = matcher;
    const size = chunk.length;
    let now = state;
    for (let at = 0; at < size; at += 1) {
      const byte = chunk[at] ?? 0;
      if (now === 0 && begins[byte] === 0) continue;
      now = step(now, byte);
      const length = matchLength[now] ?? 0;
      if (length > 0) addMatch(position + at + 1, length, matchOwner[now] ?? 0);
    }
    state = now;
    position += size;
  };

  /** Gives out everything before `limit`, masks in place. */
  const release = (limit: number): Uint8Array => {
    const parts: Uint8Array[] = [];
    const plainUpTo = (to: number) => {
      if (to > heldFrom) parts.push(held.subarray(0, to - heldFrom));
      dropUpTo(to);
    };
    const dropUpTo = (to: number) => {
      if (to <= heldFrom) return;
      held = held.subarray(to - heldFrom);
      heldFrom = to;
    };
    let done = 0;
    for (const span of spans) {
      if (span.start >= limit) break;
      plainUpTo(Math.min(span.start, limit));
      dropUpTo(Math.min(span.end, limit));
      if (span.end > limit) break;
      parts.push(masks[span.owner] ?? new Uint8Array(0));
      done += 1;
    }
    const open = spans[done];
    spans = spans.slice(done);
    if (open === undefined || open.start >= limit) plainUpTo(limit);
    // A copy: the caller may fill its buffer again.
    return Buffer.concat(parts);
  };

  return {
    push(bytes: Uint8Array): Uint8Array {
      scan(bytes);
      held = held.length === 0 ? bytes : Buffer.concat([held, bytes]);
      const answer = release(position - (matcher.depth[state] ?? 0));
      held = held.slice();
      return answer;
    },
    end(): Uint8Array {
      const answer = release(position);
      state = 0;
      return answer;
    },
  };
}
