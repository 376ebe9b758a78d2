import { createHash } from 'node:crypto';
import type {
  Ending,
  Found,
  Measured,
  Measurer,
  Messenger,
  Runner,
  Signatures,
} from '../../src/session/ports.ts';
import type { Json, Probe } from '../../src/runbook/model/values.ts';

/** How a command ends: its exit code, or an ending of another kind; `stays` runs until it is told to end. */
export type Outcome = number | Exclude<Ending['ending'], 'exited'> | 'stays';

/**
 * The outside of a session: it outlives the session, as the real one does. Commands are claimed once for ever, what
 * they did is kept, and nothing in it knows of the machine.
 */
export interface World {
  /** Attempts that were started, in order: the list that must never name one twice. */
  readonly ran: string[];
  /** argv of each started attempt. */
  readonly argv: Map<string, readonly string[]>;
  readonly env: Map<string, Readonly<Record<string, string>>>;
  /** By step id: how each of its attempts ends, the last one again for ever; exit 0 where nothing is said. */
  readonly endings: Record<string, readonly Outcome[]>;
  /** By step id: what its attempts print. */
  readonly prints: Record<string, string>;
  /** By attempt: what is found of it, whatever really happened. */
  readonly finds: Record<string, Found>;
  /** By probe id, or the argv of one without: a value, or the whole answer. */
  readonly readings: Record<string, Json | Measured | (() => Promise<Json>)>;
  readonly measured: string[];
  readonly sent: { readonly channel: string; readonly text: string }[];
  readonly changed: string[];
  delivers: boolean;
  /** Ends a command that stays. */
  end(attempt: string, outcome: Exclude<Outcome, 'stays'>): void;
  readonly runner: Runner;
  readonly measurer: Measurer;
  readonly messenger: Messenger;
  readonly signatures: Signatures;
}

interface Attempt {
  readonly ended: Promise<Ending>;
  readonly end: (ending: Ending) => void;
  ending: Ending | null;
}

export function openWorld(): World {
  const attempts = new Map<string, Attempt>();
  const claims = new Set<string>();
  const times = new Map<string, number>();
  const bytesOf = (attempt: string): Uint8Array =>
    new TextEncoder().encode(world.prints[stepOf(attempt)] ?? '');

  const begin = (attempt: string): Attempt => {
    const { promise, resolve } = Promise.withResolvers<Ending>();
    const made: Attempt = {
      ended: promise,
      end: (ending) => {
        made.ending ??= ending;
        resolve(made.ending);
      },
      ending: null,
    };
    attempts.set(attempt, made);
    return made;
  };

  const runner: Runner = {
    run: async (attempt, command, onOutput) => {
      if (claims.has(attempt)) {
        const known = attempts.get(attempt);
        if (known === undefined) return endingOf('lost');
        onOutput(bytesOf(attempt));
        return known.ended;
      }
      claims.add(attempt);
      world.ran.push(attempt);
      world.argv.set(attempt, command.argv);
      world.env.set(attempt, command.env);
      const made = begin(attempt);
      const step = stepOf(attempt);
      const time = times.get(step) ?? 0;
      times.set(step, time + 1);
      const outcomes = world.endings[step] ?? [0];
      const outcome = outcomes[Math.min(time, outcomes.length - 1)] ?? 0;
      if (outcome !== 'stays') made.end(endingOf(outcome));
      const ending = await made.ended;
      onOutput(bytesOf(attempt));
      return ending;
    },
    find: async (attempt): Promise<Found> => {
      const scripted = world.finds[attempt];
      if (scripted !== undefined) return scripted;
      const known = attempts.get(attempt);
      if (known === undefined) {
        claims.add(attempt); // who says that it never started makes sure that it never will
        return { verdict: 'not_started' };
      }
      return known.ending === null ? { verdict: 'running' } : { verdict: 'finished', ending: known.ending };
    },
    attach: async (attempt, onOutput) => {
      const known = attempts.get(attempt);
      const doubted = world.finds[attempt]?.verdict === 'in_doubt';
      const ending = known === undefined || doubted ? endingOf('lost') : await known.ended;
      onOutput(bytesOf(attempt));
      return ending;
    },
    stop: async (attempt) => attempts.get(attempt)?.end(endingOf('stopped')),
    close: async () => undefined,
  };

  const world: World = {
    ran: [],
    argv: new Map(),
    env: new Map(),
    endings: {},
    prints: {},
    finds: {},
    readings: {},
    measured: [],
    sent: [],
    changed: [],
    delivers: true,
    end: (attempt, outcome) => attempts.get(attempt)?.end(endingOf(outcome)),
    runner,
    measurer: {
      measure: async (probe, fill) => {
        const name = nameOf(probe, fill);
        world.measured.push(name);
        const said = world.readings[name];
        if (said === undefined) return taken('ok');
        const value = typeof said === 'function' ? await said() : said;
        return isMeasured(value) ? value : taken(value);
      },
      series: async () => null,
    },
    messenger: {
      send: async (channel, text) => {
        if (world.delivers) world.sent.push({ channel, text });
        return { ok: world.delivers, detail: world.delivers ? 'delivered' : 'nobody answers' };
      },
    },
    signatures: {
      verify: async (request, signature, principal) => {
        const [who, key = '', digest] = signature.split('|');
        return who === principal && digest === digestOf(request)
          ? { ok: true, key, level: 'L1' }
          : { ok: false, detail: 'it is not over this request by this person' };
      },
    },
  };
  return world;
}

/** A signature as this world verifies it: by one person with one key over one request. */
export const signatureOf = (principal: string, request: string, key = `key of ${principal}`): string =>
  `${principal}|${key}|${digestOf(request)}`;

const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const stepOf = (attempt: string): string => attempt.replace(/(@.*)?#\d+$/, '') || '@back';

const endingOf = (outcome: Exclude<Outcome, 'stays'>): Ending => ({
  ending: typeof outcome === 'number' ? 'exited' : outcome,
  exitCode: typeof outcome === 'number' ? outcome : null,
  signal: outcome === 'signalled' ? 'SIGKILL' : null,
  durationMs: 5,
  detail: '',
});

export const taken = (value: Json): Measured => ({
  ok: true,
  value,
  exit: 0,
  status: 200,
  headers: {},
  text: typeof value === 'string' ? value : JSON.stringify(value),
});

export const missed = (code: string): Measured => ({ ok: false, code, detail: `${code} it was` });

const isMeasured = (value: Json | Measured): value is Measured =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && 'ok' in value;

function nameOf(probe: Probe, fill: Parameters<Measurer['measure']>[1]): string {
  if (probe.source.kind === 'run' && probe.source.command.program.kind === 'argv') {
    const argv = probe.source.command.program.argv.map((part) => String(fill(part))); // as it would be run
    return probe.id ?? argv.join(' ');
  }
  return probe.id ?? probe.source.kind;
}
