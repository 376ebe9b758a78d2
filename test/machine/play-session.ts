import { compileRunbook } from '../../src/machine/compile.ts';
import type { Context, StepRecord } from '../../src/machine/context.ts';
import type { Fact, TimedFact } from '../../src/machine/facts.ts';
import type { Shown } from '../../src/machine/facts/values.ts';
import { placeKey } from '../../src/machine/place-key.ts';
import { accepts, applyFact, contextOf, startSnapshot } from '../../src/machine/replay.ts';
import type { Runbook } from '../../src/runbook/model.ts';
import type { Step } from '../../src/runbook/model/step.ts';

/** What happens at a step when its turn comes: once for each time it performs, the last one again for ever. */
export type Happening =
  | 'pass'
  | 'fail'
  | 'unknown'
  | 'timeout'
  | 'passed_over'
  | 'skip'
  | 'retry'
  | 'abort'
  | 'denied'
  /** A guard that is not as it was: read as failed, nothing is started. */
  | 'guarded'
  /** A command whose effect cannot be known, and then what a person found. */
  | 'doubt'
  | 'done'
  | 'not_done'
  | 'run_again'
  | `option:${string}`
  | `route:${string}`
  | `items:${number}`;

export interface Played {
  readonly facts: readonly TimedFact[];
  readonly context: Context;
  /** Places in the order in which the machine entered them. */
  readonly entered: readonly string[];
}

/**
 * Drives the real statechart through a session and keeps its facts; refuses a fact that the machine would not take,
 * so that no test of what is read from facts rests on facts that cannot be.
 */
export function playSession(
  runbook: Runbook,
  happens: (step: Step, record: StepRecord, time: number) => Happening,
  most = 400,
): Played {
  const compiled = compileRunbook(runbook);
  const facts: TimedFact[] = [];
  const entered: string[] = [];
  const times = new Map<string, number>();
  let snapshot = startSnapshot(compiled, 'session');
  const known = new Map<string, string>();

  const put = (fact: Fact): void => {
    const timed: TimedFact = { ...fact, at: `2026-01-01T00:00:00.${String(facts.length).padStart(6, '0')}Z` };
    if (!accepts(snapshot, timed)) throw new Error(`the machine does not take ${JSON.stringify(fact)}`);
    facts.push(timed);
    snapshot = applyFact(compiled, snapshot, timed);
    const { cursor, records } = contextOf(snapshot);
    for (const key of cursor) {
      const attempt = records[key]?.attempt ?? '';
      if (known.get(key) !== attempt && records[key]?.status === 'idle') entered.push(key);
      known.set(key, attempt);
    }
  };

  put(started(runbook));
  for (let turn = 0; turn < most; turn += 1) {
    const context = contextOf(snapshot);
    if (context.endedAt !== null) return { facts, context, entered };
    const key = context.cursor.find((other) =>
      isBusy(compiled.book.steps.get(context.records[other]?.place.step ?? ''), context.records[other]),
    );
    const record = key === undefined ? undefined : context.records[key];
    if (record === undefined) {
      put({ type: 'session.ended', outcome: context.outcome ?? 'none', reason: 'over' });
      continue;
    }
    const step = compiled.book.steps.get(record.place.step) ?? null;
    const time = times.get(placeKey(record.place)) ?? 0;
    const happening = step === null ? 'pass' : happens(step, record, time);
    for (const fact of factsFor(step, record, happening)) put(fact);
    if (
      (record.status !== 'guarding' || happening === 'guarded') &&
      (record.status !== 'idle' || happening === 'passed_over')
    )
      times.set(placeKey(record.place), time + 1);
  }
  return { facts, context: contextOf(snapshot), entered };
}

/** A container that is under way waits for what is inside it. */
const isBusy = (step: Step | undefined, record: StepRecord | undefined): boolean =>
  record !== undefined &&
  !((step?.kind === 'parallel' || step?.kind === 'each') && record.status === 'performing');

const started = (runbook: Runbook): Fact => ({
  type: 'session.started',
  by: 'ada',
  runbook: {
    id: runbook.id,
    title: runbook.title,
    service: runbook.service,
    hash: runbook.hash,
    file: runbook.file,
    objectiveMs: 1,
  },
  mode: 'LIVE',
  environment: 'staging',
  production: false,
  inputs: {},
  speed: 1,
  program: 'test',
  review: 'not_required',
  reason: null,
});

const shown = (step: Step | null): Shown => ({
  title: step?.title ?? 'back',
  argv: null,
  env: {},
  where: 'workstation',
  target: 'staging',
  timeoutMs: 1,
  good: '',
  leads: '',
  undo: '',
  warn: null,
  why: null,
  body: null,
  ponr: null,
  confirm: 'none',
  name: null,
  debt: null,
});

function factsFor(step: Step | null, record: StepRecord, happening: Happening): readonly Fact[] {
  const at = { place: record.place, attempt: record.attempt };
  switch (record.status) {
    case 'idle':
      if (happening === 'passed_over') return [{ type: 'step.passed_over', ...at, reason: 'not needed' }];
      if (step?.kind === 'each') {
        const count = happening.startsWith('items:') ? Number(happening.slice('items:'.length)) : 1;
        return [{ type: 'each.started', ...at, items: Array.from({ length: count }, (_, index) => index) }];
      }
      return [{ type: 'step.readied', ...at, shown: shown(step), debt: null }];
    case 'guarding':
      if (happening === 'abort') return [{ type: 'abort.requested', by: 'ada', reason: 'enough' }];
      if (happening === 'guarded') return [{ type: 'guard.read', ...at, result: 'fail', readings: [] }];
      return [{ type: 'step.intent', ...at, command: null, opens: null, captured: {} }];
    case 'performing':
      return performed(step, at, happening);
    case 'in_doubt':
      if (happening !== 'done' && happening !== 'run_again' && happening !== 'not_done')
        throw new Error('say what was found');
      return [{ type: 'doubt.resolved', ...at, by: 'ada', as: happening, reason: 'looked' }];
    case 'verifying':
      if (step?.kind === 'each') return [{ type: 'wait.over', ...at, reason: 'gap' }];
      return [judged(at, happening === 'timeout' ? 'unknown' : resultOf(happening), happening === 'timeout')];
    case 'failed':
    case 'unknown':
      if (happening.startsWith('route:')) {
        return [
          { type: 'operator.routed', ...at, by: 'ada', to: happening.slice('route:'.length), reason: 'so' },
        ];
      }
      if (happening === 'skip')
        return [{ type: 'operator.skipped', ...at, by: 'ada', reason: 'so', override: true }];
      return happening === 'abort'
        ? [{ type: 'abort.requested', by: 'ada', reason: 'enough' }]
        : [{ type: 'operator.retried', ...at, by: 'ada', reason: null }];
    default:
      throw new Error(`nothing is known to do in ${record.status}`);
  }
}

type At = Pick<Extract<Fact, { type: 'step.intent' }>, 'place' | 'attempt'>;

const resultOf = (happening: Happening): 'pass' | 'fail' | 'unknown' =>
  happening === 'fail' || happening === 'unknown' ? happening : 'pass';

const judged = (at: At, result: 'pass' | 'fail' | 'unknown', timedOut: boolean): Fact => ({
  type: 'check.judged',
  ...at,
  result,
  timedOut,
  readings: [],
  durationMs: 1,
});

function performed(step: Step | null, at: At, happening: Happening): readonly Fact[] {
  const result = resultOf(happening);
  switch (step?.kind) {
    case 'check':
      return [judged(at, happening === 'timeout' ? 'unknown' : result, happening === 'timeout')];
    case 'decide': {
      const option = happening.startsWith('option:')
        ? happening.slice('option:'.length)
        : (step.options[0]?.id ?? '');
      const made = {
        option,
        title: option,
        reason: null,
        fields: {},
        objection: null,
        shownAt: '',
        recommended: null,
        againAt: null,
      };
      return [{ type: 'decision.made', ...at, by: 'ada', ...made }];
    }
    case 'approve':
      return happening === 'denied'
        ? [{ type: 'approval.denied', ...at, by: 'grace', reason: 'no' }]
        : [
            { type: 'approval.requested', ...at, request: 'r', digest: 'd', expiresAt: null },
            {
              type: 'approval.given',
              ...at,
              by: 'grace',
              principal: 'grace',
              key: 'k',
              signature: 's',
              level: 'L1',
            },
          ];
    case 'manual':
      return [{ type: 'person.reported', ...at, by: 'ada', text: 'seen', link: null, result }];
    default: {
      if (happening === 'doubt') {
        const lost = { exitCode: null, signal: null, durationMs: 1, outputs: {}, output: null, tail: '' };
        return [{ type: 'command.ended', ...at, ending: 'lost', ...lost, doubt: 'no_outcome' }];
      }
      const ending = happening === 'timeout' ? 'timed_out' : 'exited';
      const known = {
        exitCode: ending === 'timed_out' ? null : result === 'pass' ? 0 : 1,
        signal: null,
        durationMs: 1,
      };
      return [
        { type: 'command.ended', ...at, ending, ...known, outputs: {}, output: null, tail: '', doubt: null },
      ];
    }
  }
}
