import { RE2JS } from 're2js';
import type { FactOf } from '../machine/facts.ts';
import type { Step } from '../runbook/model/step.ts';
import type { Ports } from './ports.ts';

/** How much of the newest output is kept at hand for patterns and for the tail, in bytes. */
const keptBytes = 1024 * 1024;
/** The same where nothing but the tail is asked for. */
const tailBytes = 16 * 1024;
const tailLines = 3;
const tailCharacters = 400;

interface Collected {
  readonly output: FactOf<'command.ended'>['output'];
  readonly outputs: Record<string, string>;
  readonly tail: string;
}

/** Takes a command's raw bytes: masks secrets, stores, keeps the newest part for the patterns of the step. */
export function outputCollector(
  attempt: string,
  ports: Pick<Ports, 'log' | 'redactor'>,
  step: Step | null,
  show: (bytes: Uint8Array) => void,
): { push(bytes: Uint8Array): void; end(): Collected } {
  const masker = ports.redactor.stream();
  const newest = newestPart(keptBytes);

  const take = (bytes: Uint8Array): void => {
    if (bytes.length === 0) return;
    ports.log.appendOutput(attempt, bytes);
    show(bytes);
    newest.push(bytes);
  };

  return {
    push: (bytes) => take(masker.push(bytes)),
    end: () => {
      take(masker.end());
      const text = newest.text();
      const sealed = ports.log.sealOutput(attempt);
      return {
        output: { ...sealed, truncated: sealed.truncated ?? false },
        outputs: captured(step, text, newest.isCut()),
        tail: tailOf(text),
      };
    },
  };
}

/** Reads only what was printed last, masked, in one line. */
export function tailReader(redactor: Ports['redactor']): { push(bytes: Uint8Array): void; end(): string } {
  const masker = redactor.stream();
  const newest = newestPart(tailBytes);
  return {
    push: (bytes) => newest.push(masker.push(bytes)),
    end: () => {
      newest.push(masker.end());
      return tailOf(newest.text());
    },
  };
}

/** The last bytes of a stream, `most` of them or up to a piece more; however large the pieces are that it comes in. */
function newestPart(most: number) {
  const kept: Uint8Array[] = [];
  let size = 0;
  let cut = false;
  return {
    push: (given: Uint8Array): void => {
      if (given.length === 0) return;
      const bytes = given.length > most ? given.slice(-most) : given;
      kept.push(bytes);
      size += bytes.length;
      cut ||= bytes.length < given.length;
      while (size - (kept[0]?.length ?? 0) >= most) {
        size -= kept.shift()?.length ?? 0;
        cut = true;
      }
    },
    text: (): string => new TextDecoder().decode(joined(kept, size)),
    isCut: (): boolean => cut,
  };
}

function joined(parts: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function tailOf(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return lines.slice(-tailLines).join(' / ').slice(-tailCharacters);
}

/** `outputs` by the step's patterns: a named group of `watch_output`, or a pattern of their own. */
function captured(step: Step | null, text: string, truncated: boolean): Record<string, string> {
  if (step === null) return {};
  const watched = step.watchOutput === null ? null : RE2JS.compile(step.watchOutput).matcher(text);
  const found = watched?.find() === true ? watched : null;
  const entries = Object.entries(step.outputs).flatMap(([name, { pattern }]) => {
    const named = found === null ? null : groupOf(found, pattern);
    const value = named ?? firstGroup(pattern, text);
    return value === null ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(entries), ...(truncated ? { output_truncated: 'true' } : {}) };
}

function groupOf(matcher: ReturnType<RE2JS['matcher']>, name: string): string | null {
  try {
    return matcher.group(name);
  } catch {
    return null; // not a group's name: it is a pattern of its own
  }
}

function firstGroup(pattern: string, text: string): string | null {
  const matcher = RE2JS.compile(pattern).matcher(text);
  if (!matcher.find()) return null;
  return matcher.groupCount() > 0 ? matcher.group(1) : matcher.group();
}
