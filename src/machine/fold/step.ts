import type { Context, Performed } from '../context.ts';
import type { Book } from '../book.ts';
import { wayBackStep } from '../context.ts';
import { itemsAt, recordAt } from '../places.ts';
import { mutates } from '../may-run.ts';
import { openDebts } from '../debts.ts';
import type { Place, Result } from '../facts/values.ts';
import { pastGuard, placeKey } from '../place-key.ts';
import type { FactOf, TimedFact } from '../facts.ts';
import { setDebt, setRecord } from './records.ts';
import { thinned } from '../thin.ts';

type StepFact = Extract<TimedFact, { place: Place; attempt: string }>;

/** What a fact of a step changes in its record, its debt and the way back. */
export function changeStep(
  book: Book,
  context: Context,
  fact: Exclude<StepFact, { type: 'each.started' }>,
): Context {
  const { place } = fact;
  switch (fact.type) {
    case 'step.readied':
      return setRecord(context, place, { shown: fact.shown, debt: fact.debt, problem: null });
    case 'step.passed_over':
      return setRecord(context, place, { problem: { code: 'passed_over', detail: fact.reason } });
    case 'step.blocked':
      return setRecord(context, place, { problem: { code: fact.code, detail: fact.detail } });
    case 'operator.ran':
      return recordAt(context, place)?.shown?.confirm === 'name' ? { ...context, named: true } : context;
    case 'operator.routed':
      return fact.to === pastGuard ? setRecord(context, place, { pastGuard: true, problem: null }) : context;
    case 'operator.retried':
    case 'wait.over':
      return context;
    case 'operator.skipped': {
      // work by hand that was passed over before it was reported has not been done: nothing to take back
      const record = recordAt(context, place);
      const undone = record?.status === 'performing' && book.steps.get(place.step)?.kind === 'manual';
      const known = undone ? forget(context, fact.attempt) : context;
      return setRecord(known, place, { problem: { code: 'skipped', detail: fact.reason } });
    }
    case 'guard.read':
      return setRecord(context, place, { readings: fact.readings, problem: problemOf(fact, 'guard') });
    case 'step.intent':
      return intend(book, context, fact);
    case 'command.ended':
      return endCommand(context, fact);
    case 'attempt.found':
      return found(context, fact);
    case 'probe.read':
      return setRecord(context, place, { probe: fact.reading });
    case 'doubt.resolved': {
      const sure = setSure(context, place, fact.attempt, fact.as === 'done');
      const debt = recordAt(context, place)?.debt ?? null;
      const known = fact.as === 'done' && debt !== null ? setDebt(sure, debt, { state: 'released' }) : sure;
      return setRecord(known, place, {
        problem: fact.as === 'not_done' ? { code: 'not_done', detail: fact.reason } : null,
      });
    }
    case 'check.judged':
      return judged(context, fact);
    case 'comparison.made': {
      const { type: _type, ...made } = fact;
      return { ...context, comparisons: { ...context.comparisons, [placeKey(place)]: drawn(made) } };
    }
    case 'smoke.ran': {
      const { type: _type, ...ran } = fact;
      return { ...context, smokes: { ...context.smokes, [placeKey(place)]: ran } };
    }
    case 'question.posed':
      return setRecord(context, place, { question: fact, againAt: null });
    case 'decision.chosen':
      return setRecord(context, place, { chosen: { ...fact, objections: [] } });
    case 'objection.raised': {
      const chosen = recordAt(context, place)?.chosen ?? null;
      if (chosen === null) return context;
      const objections = [...chosen.objections, { by: fact.by, text: fact.text }];
      return setRecord(context, place, { chosen: { ...chosen, objections } });
    }
    case 'decision.made': {
      const decided = {
        at: fact.at,
        step: place.step,
        option: fact.option,
        title: fact.title,
        reason: fact.reason,
        by: fact.by,
      };
      return setRecord({ ...context, decisions: [...context.decisions, decided] }, place, {
        answer: fact.option,
        chosen: null,
        outputs: fact.fields,
        againAt: fact.againAt,
        question: fact.againAt === null ? (recordAt(context, place)?.question ?? null) : null,
      });
    }
    case 'approval.requested':
      return setRecord(context, place, {
        approval: { ...fact, given: [], keys: [], signed: [], names: [] },
        problem: null,
      });
    case 'approval.given': {
      const approval = recordAt(context, place)?.approval;
      return approval === null || approval === undefined
        ? context
        : setRecord(context, place, {
            approval: {
              ...approval,
              given: [...approval.given, fact.principal],
              keys: [...approval.keys, fact.key],
              signed: [...approval.signed, { principal: fact.principal, signature: fact.signature }],
              names: [...approval.names, fact.principal, ...(fact.names ?? [])],
            },
          });
    }
    case 'approval.denied':
      return setRecord(context, place, { problem: { code: 'denied', detail: `${fact.by}: ${fact.reason}` } });
    case 'approval.expired':
      return setRecord(context, place, {
        approval: null,
        problem: { code: 'expired', detail: 'the request expired before it was approved' },
      });
    case 'person.reported': {
      const sure = fact.result === 'pass' ? setSure(context, place, fact.attempt, true) : context;
      return setRecord(settleDebt(sure, place, fact.result), place, {
        answer: fact.text,
        problem: fact.result === 'pass' ? null : { code: `reported_${fact.result}`, detail: fact.text },
      });
    }
    case 'value.typed':
      return setRecord(context, place, {
        answer: fact.value,
        problem: fact.matches
          ? null
          : { code: 'mismatch', detail: `“${fact.value}” is not what was asked for` },
      });
    case 'message.sent':
      return setRecord(context, place, {
        problem: fact.result === 'pass' ? null : { code: 'not_delivered', detail: fact.detail },
      });
  }
}
function intend(
  book: Book,
  context: Context,
  fact: FactOf<'step.intent'> & { readonly at: string },
): Context {
  const { place, attempt, opens, captured } = fact;
  const step = book.steps.get(place.step);
  const bound = itemsAt(book, context, place);
  const owed = openDebts(context).find(({ key }) => key === opens?.key);
  const started = setRecord(context, place, { startedAt: fact.at, intended: true, captured, problem: null });
  const withDebt =
    opens === null
      ? started
      : {
          ...started,
          obligations: {
            ...started.obligations,
            [opens.key]: {
              ...opens,
              place,
              bound,
              // tried again while it is owed, it is owed since the first time
              openedAt: owed?.openedAt ?? fact.at,
              by: context.started?.by ?? '',
              state: 'open' as const,
              overdue: owed?.overdue ?? false,
              owner: null,
              due: null,
            },
          },
        };
  if (step === undefined || !mutates(step) || (step.undo === null && opens === null)) return withDebt;
  const performed: Performed = {
    place,
    attempt,
    captured,
    bound,
    opened: opens?.key ?? null,
    sure: false,
    undone: false,
  };
  return { ...withDebt, history: [...withDebt.history, performed] };
}

function endCommand(context: Context, fact: FactOf<'command.ended'> & { readonly at: string }): Context {
  const ended = fact.ending === 'exited' && fact.exitCode === 0 && fact.doubt === null;
  const known = ended ? setSure(context, fact.place, fact.attempt, true) : context;
  const gone = fact.ending === 'not_started' ? forget(known, fact.attempt) : known;
  const debt = recordAt(gone, fact.place)?.debt ?? null;
  const released = ended && debt !== null ? setDebt(gone, debt, { state: 'released' }) : gone;
  return setRecord(released, fact.place, {
    outputs: fact.outputs,
    problem: ended ? null : commandProblem(fact),
  });
}

function commandProblem(fact: FactOf<'command.ended'>): { code: string; detail: string } {
  const tail = fact.tail === '' ? '' : `: ${fact.tail}`;
  switch (fact.ending) {
    case 'exited':
      return { code: 'exit', detail: `exit ${fact.exitCode ?? '?'}${tail}` };
    case 'signalled':
      return { code: 'signal', detail: `ended by ${fact.signal ?? 'a signal'} that walkback did not send` };
    case 'timed_out':
      return { code: 'timeout', detail: `stopped after its timeout${tail}` };
    case 'stopped':
      return { code: 'stopped', detail: 'stopped on request' };
    case 'not_started':
      return { code: 'not_started', detail: `did not start${tail}` };
    case 'lost':
      return { code: 'lost', detail: 'its ending could not be read' };
  }
}

function found(context: Context, fact: FactOf<'attempt.found'>): Context {
  if (fact.verdict === 'not_started') return forget(context, fact.attempt);
  if (fact.verdict !== 'in_doubt') return context;
  return setRecord(context, fact.place, {
    problem: { code: fact.doubt ?? 'no_outcome', detail: fact.detail },
  });
}

/** An attempt that provably never began leaves no undo behind, and no debt but what others had opened before it. */
function forget(context: Context, attempt: string): Context {
  const opened = context.history.find((performed) => performed.attempt === attempt)?.opened ?? null;
  const history = context.history.filter((performed) => performed.attempt !== attempt);
  if (opened === null || history.some((performed) => performed.opened === opened))
    return { ...context, history };
  const { [opened]: _never, ...obligations } = context.obligations;
  return { ...context, history, obligations };
}

function setSure(context: Context, place: Place, attempt: string, sure: boolean): Context {
  if (place.step === wayBackStep) return context;
  return {
    ...context,
    history: context.history.map((performed) =>
      performed.attempt === attempt ? { ...performed, sure } : performed,
    ),
  };
}

/** Points that a screen can draw of each span; the ledger keeps all of them. */
const drawnPoints = 48;

/** What is shown of a comparison needs no more points than can be drawn. */
const drawn = (made: Context['comparisons'][string]): Context['comparisons'][string] => ({
  ...made,
  metrics: made.metrics.map(({ series: { baseline, failed, current }, ...metric }) => ({
    ...metric,
    series: {
      baseline: [...thinned(baseline, drawnPoints)],
      failed: [...thinned(failed, drawnPoints)],
      current: [...thinned(current, drawnPoints)],
    },
  })),
});

function judged(context: Context, fact: FactOf<'check.judged'>): Context {
  return setRecord(settleDebt(context, fact.place, fact.result), fact.place, {
    readings: fact.readings,
    problem: problemOf(fact, 'check'),
  });
}

/** What proves that a debt was given back: its proof passed, or it is owed as before. */
function settleDebt(context: Context, place: Place, result: Result): Context {
  const debt = recordAt(context, place)?.debt ?? null;
  return debt === null ? context : setDebt(context, debt, { state: result === 'pass' ? 'proved' : 'open' });
}

function problemOf(
  fact: FactOf<'guard.read'> | FactOf<'check.judged'>,
  what: 'guard' | 'check',
): { code: string; detail: string } | null {
  if (fact.result === 'pass') return null;
  const worst = fact.readings.find(({ result }) => result === fact.result);
  const code = worst?.code ?? (fact.type === 'check.judged' && fact.timedOut ? 'timeout' : fact.result);
  return {
    code: `${what}_${code}`,
    detail: worst === undefined ? fact.result : `${worst.subject}: ${worst.detail}`,
  };
}
