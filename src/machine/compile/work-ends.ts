import type { Step } from '../../runbook/model/step.ts';
import type { Context, StepRecord } from '../context.ts';
import { setRecord } from '../fold/records.ts';
import { mutates } from '../may-run.ts';
import { recordAt } from '../places.ts';
import type { Given, Way } from './vocabulary.ts';
import type { StepShape, WaysOut } from './ways-out.ts';
import { resultIs } from './ways-out.ts';

/** What ends the work of a step: the end of its command, a judged check, or what its kind waits for. */
export function workEnds(shape: StepShape, out: WaysOut) {
  const { step } = shape;
  const { ends } = out;
  return {
    ...ends('command.ended', ...commandEnds(step, out)),
    ...ends(
      'attempt.found',
      {
        guard: ({ event }) => event.type === 'attempt.found' && event.verdict === 'in_doubt',
        target: 'in_doubt',
      },
      {
        guard: ({ event }) => event.type === 'attempt.found' && event.verdict === 'not_started',
        target: 'idle',
      },
      {},
    ),
    ...ends('comparison.made', {}),
    ...ends('smoke.ran', {}),
    ...ends('check.judged', ...checkEnds(step, out)),
    ...endsOfKind(step, shape, out),
  };
}

const commandEnds = (step: Step | null, { performedWhen, failing }: WaysOut): readonly Way[] => [
  {
    guard: ({ event }) =>
      event.type === 'command.ended' && event.doubt !== null && (step === null || mutates(step)),
    target: 'in_doubt',
  },
  ...performedWhen(
    ({ event }) => event.type === 'command.ended' && event.ending === 'exited' && event.exitCode === 0,
  ),
  ...failing(
    'timeout',
    'failed',
    ({ event }) => event.type === 'command.ended' && event.ending === 'timed_out',
  ),
  ...failing('fail', 'failed', () => true),
];

const checkEnds = (step: Step | null, { performedWhen, verified, failing }: WaysOut): readonly Way[] => [
  ...(step?.kind === 'check' || step?.kind === 'wait' ? performedWhen(resultIs('pass')) : verified),
  ...failing('timeout', 'unknown', (given) => timedOut(given) && resultIs('unknown')(given)),
  ...failing('fail', 'failed', resultIs('fail')),
  ...failing('unknown', 'unknown', resultIs('unknown')),
];

const reportedBy = ({ performedWhen, route }: WaysOut): readonly Way[] => [
  ...performedWhen(resultIs('pass')),
  route('fail', 'failed', resultIs('fail')),
  route('unknown', 'unknown', resultIs('unknown')),
];

/** What ends the work of one kind, besides the end of a command and a judged check. */
function endsOfKind(step: Step | null, shape: StepShape, out: WaysOut) {
  const { ends, record, route } = out;
  switch (step?.kind) {
    case 'decide':
      return {
        ...ends('question.posed', {}),
        ...ends('decision.chosen', {}),
        ...ends('objection.raised', { guard: ({ context }) => record(context)?.chosen != null }),
        ...ends('decision.made', ...decisionWays(step, shape)),
      };
    case 'approve':
      return {
        ...ends('approval.requested', {}),
        ...ends(
          'approval.given',
          {
            guard: (given) => approves(given, record) && lastApproval(step, record(given.context)),
            target: 'done',
          },
          { guard: (given) => approves(given, record) },
        ),
        ...ends('approval.denied', route('denied', 'failed')),
        ...ends(
          'approval.expired',
          ...(step.on.timeout.kind === 'ask' ? [{}] : [route('timeout', 'failed')]),
        ),
      };
    case 'manual':
    case 'check':
      return ends('person.reported', ...reportedBy(out));
    case 'confirm':
      return ends(
        'value.typed',
        { guard: ({ event }) => event.type === 'value.typed' && event.matches, target: 'done' },
        {},
      );
    case 'wait':
      return ends('wait.over', { target: 'done' });
    case 'notify':
      return ends(
        'message.sent',
        { guard: resultIs('pass'), target: 'done' },
        route('fail', 'failed', resultIs('fail')),
        route('unknown', 'unknown', resultIs('unknown')),
      );
    default:
      return {};
  }
}

const timedOut = ({ event }: Given): boolean => event.type === 'check.judged' && event.timedOut;

/** One person counts once, and only while a request stands. */
function approves({ context, event }: Given, record: (context: Context) => StepRecord | undefined): boolean {
  const approval = record(context)?.approval ?? null;
  return event.type === 'approval.given' && approval !== null && !approval.given.includes(event.principal);
}

function lastApproval(step: Step | null, record: StepRecord | undefined): boolean {
  return step?.kind === 'approve' && (record?.approval?.given.length ?? 0) + 1 >= step.approval.count;
}

function decisionWays(step: Step | null, shape: StepShape): readonly Way[] {
  if (step?.kind !== 'decide') return [];
  return step.options.map((option): Way => {
    const chosen = ({ event }: Given): boolean =>
      event.type === 'decision.made' && event.option === option.id;
    if (option.again) return { guard: chosen };
    const way = option.route === null ? null : shape.leave(option.route);
    if (way === null) return { guard: chosen, target: 'done' };
    // a decision that leads elsewhere is made: its step is done
    const decided = (context: Context): Context =>
      setRecord(context, shape.placeOf(context), {
        status: 'done',
        endedAt: recordAt(context, shape.placeOf(context))?.since ?? null,
      });
    return { guard: chosen, ...way, change: (context) => way.change?.(decided(context)) ?? decided(context) };
  });
}
