import type { Step } from '../../runbook/model/step.ts';
import { mutates } from '../may-run.ts';
import type { FactOf, TimedFact } from '../facts.ts';
import type { Result } from './values.ts';
import type { EdgeEvent, GraphEdge } from '../graph.ts';

/** What one fact says about how its step will be left. */
export type Says =
  | { readonly kind: 'begun' }
  | { readonly kind: 'in_doubt'; readonly doubt: string }
  /** It stays and a person is asked: the edge is walked at once. */
  | { readonly kind: 'asks'; readonly edge: GraphEdge }
  | { readonly kind: 'leaves'; readonly edge: GraphEdge; readonly trouble: EdgeEvent | null };

interface Standing {
  readonly doubt: string | null;
  readonly trouble: EdgeEvent | null;
  /** The ways out of the step. */
  readonly out: readonly GraphEdge[];
}

/** Null for a fact that says nothing about it. */
export function saysOf(step: Step, fact: TimedFact, standing: Standing): Says | null {
  const leave = (event: EdgeEvent): Says | null => leaving(standing, event);
  const by = (result: Result): Says | null => leave(result);
  switch (fact.type) {
    case 'step.readied':
    case 'operator.retried':
      return { kind: 'begun' };
    case 'step.passed_over':
    case 'operator.skipped':
      return leave('skip');
    case 'operator.routed':
      return routed(step, fact, standing);
    case 'step.blocked':
    case 'person.reported':
    case 'message.sent':
      return by(fact.result);
    case 'guard.read':
      return fact.result === 'pass' ? null : by(fact.result);
    case 'command.ended':
      return commandEnded(step, fact, leave);
    case 'attempt.found':
      return fact.verdict === 'in_doubt' ? { kind: 'in_doubt', doubt: fact.doubt ?? 'no_outcome' } : null;
    case 'doubt.resolved':
      if (fact.as === 'run_again') return { kind: 'begun' };
      if (fact.as === 'done') return leave('pass');
      return leave(standing.doubt === 'timeout' ? 'timeout' : 'fail');
    case 'check.judged': {
      const polls = step.kind === 'check' || step.kind === 'wait';
      return polls && fact.timedOut && fact.result === 'unknown' ? leave('timeout') : by(fact.result);
    }
    case 'decision.made':
      return leave(`option:${fact.option}`);
    case 'approval.given':
      return leave('pass');
    case 'approval.denied':
      return leave('denied');
    case 'approval.expired':
      return leave('timeout');
    case 'value.typed':
      return leave(fact.matches ? 'pass' : 'fail');
    case 'wait.over':
      return step.kind === 'wait' ? leave('pass') : null; // in an each it is the gap between two items
    case 'each.started':
      return fact.items.length === 0 ? leave('pass') : null;
    default:
      return null;
  }
}

function leaving({ out }: Standing, event: EdgeEvent): Says | null {
  const edge = out.find((other) => other.event === event);
  if (edge === undefined) return null;
  const trouble = event === 'pass' || event === 'skip' || event.startsWith('option:') ? null : event;
  return edge.route === 'ask' ? { kind: 'asks', edge } : { kind: 'leaves', edge, trouble };
}

function commandEnded(
  step: Step,
  fact: FactOf<'command.ended'>,
  leave: (event: EdgeEvent) => Says | null,
): Says | null {
  if (fact.doubt !== null && mutates(step)) return { kind: 'in_doubt', doubt: fact.doubt };
  if (fact.ending === 'timed_out') return leave('timeout');
  return leave(fact.ending === 'exited' && fact.exitCode === 0 ? 'pass' : 'fail');
}

/** A person took one of the author's routes: the one that the trouble at hand leads by, else the first that goes there. */
function routed(step: Step, fact: FactOf<'operator.routed'>, { out, trouble }: Standing): Says | null {
  const goesThere = (edge: GraphEdge): boolean => {
    if (edge.event === 'pass' || edge.event === 'skip' || edge.event === 'fork' || edge.event === 'gone_on')
      return false;
    if (edge.event.startsWith('option:')) return false;
    const route = step.on[edge.event as keyof Step['on']];
    if (route.kind === 'ask') return false;
    return route.kind === 'goto' ? route.target === fact.to : `end:${route.outcome}` === fact.to;
  };
  const ways = out.filter(goesThere);
  const edge = ways.find(({ event }) => event === trouble) ?? ways[0];
  return edge === undefined ? null : { kind: 'leaves', edge, trouble };
}
