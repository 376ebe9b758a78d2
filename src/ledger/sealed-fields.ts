import type { FactType } from '../machine/facts.ts';

/** Readings say their result and code in the open; what was measured, and in which words, is sealed. */
const reading = ['reading/value', 'reading/detail'];
const readings = ['readings/*/value', 'readings/*/detail'];

/**
 * Free text and values that may name people, hosts or customers: they enter the chain as salted commitments, so
 * that a copy without them still verifies. `*` is every element of a list. Anything that may hold free JSON must be
 * listed whole, so that no open place can ever imitate a commitment.
 */
export const sealedFields: Readonly<Record<FactType, readonly string[]>> = {
  'session.started': ['inputs', 'reason'],
  'session.resumed': ['reason'],
  'session.held': ['reason'],
  'session.unheld': [],
  'session.stopped': ['reason'],
  'abort.requested': ['reason'],
  'session.ended': ['reason'],
  'session.closed': [],
  'clock.jumped': [],
  'client.attached': [],
  'client.detached': [],
  'step.readied': ['shown'],
  'step.passed_over': ['reason'],
  'step.blocked': ['detail'],
  'operator.ran': ['typed'],
  'operator.skipped': ['reason'],
  'operator.retried': ['reason'],
  'operator.routed': ['reason'],
  'guard.read': readings,
  'step.intent': ['command/argv', 'command/where', 'opens/title', 'opens/release', 'captured'],
  'command.ended': ['outputs', 'tail'],
  'attempt.found': ['detail'],
  'probe.read': reading,
  'doubt.resolved': ['reason'],
  'check.judged': readings,
  'question.posed': ['facts/*/value', 'facts/*/detail', 'options/*/why', 'because'],
  'decision.made': ['reason', 'fields', 'objection'],
  'approval.requested': ['request'],
  'approval.given': [],
  'approval.denied': ['reason'],
  'approval.expired': [],
  'person.reported': ['text', 'link'],
  'value.typed': ['value'],
  'wait.over': [],
  'message.sent': ['text', 'detail'],
  'each.started': ['items'],
  'obligation.discharged': ['reason'],
  'release.requested': [],
  'obligation.overdue': [],
  'obligation.opened': ['obligation/title', 'obligation/release', 'reason'],
  'trigger.changed': ['detail'],
  'window.changed': ['reason'],
  'window.rang': [],
  'event.reported': ['source'],
  'watch.breached': reading,
  'watch.cleared': reading,
  'invariant.measured': reading,
  'evidence.captured': ['detail'],
  'note.added': ['text'],
  'drift.added': ['what', 'target'],
  'comms.due': ['text', 'problem'],
  'comms.sent': ['text', 'detail'],
  'escalation.sent': ['detail'],
  'intent.refused': ['message'],
  'drill.scored': ['score'],
};
