import type { Fact, FactOf, FactType } from '../machine/facts.ts';
import type { Reading } from '../machine/facts/values.ts';
import { pastGuard, placeKey } from '../machine/place-key.ts';
import { commandText } from './inert.ts';
import { durationText } from './time.ts';
import { readingText } from './reading-text.ts';

/** One fact in words: what happened, and what shows it. Not yet escaped for any sink. */
export interface Said {
  readonly what: string;
  readonly evidence: string;
}

const said = (what: string, evidence = ''): Said => ({ what, evidence });
const step = (fact: { readonly place: { readonly step: string; readonly item: string } }): string =>
  placeKey(fact.place);
const words = (name: string): string => name.replaceAll('_', ' ');

const readings = (all: readonly Reading[]): string => all.map(readingText).join('; ');

const sentences: { readonly [Type in FactType]: (fact: FactOf<Type>) => Said } = {
  'session.started': (fact) =>
    said(
      `Session started: ${fact.runbook.title} on ${fact.environment} (${fact.mode})${fact.reason === null ? '' : `, because ${fact.reason}`}`,
      `runbook ${fact.runbook.id} ${fact.runbook.hash}, review ${words(fact.review)}`,
    ),
  'session.resumed': (fact) => said('Session resumed', fact.reason),
  'session.held': (fact) => said('Session held', fact.reason),
  'session.unheld': () => said('Session goes on'),
  'runbook.rebased': (fact) =>
    said(
      `The runbook was changed under way: ${fact.changed.map(({ path }) => path).join(', ')}, because ${fact.reason}`,
      `${fact.from} → ${fact.to}, review ${words(fact.review)}`,
    ),
  'session.stopped': (fact) => said('Session stopped, resumable', fact.reason),
  'abort.requested': (fact) => said('Abort asked for', fact.reason),
  'session.ended': (fact) => said(`Session ended: ${words(fact.outcome)}`, fact.reason),
  'session.closed': (fact) => said('Session closed', `${String(fact.openDebts)} debts still open`),
  'clock.jumped': (fact) =>
    said(`The clock jumped by ${durationText(fact.byMs)}`, 'order is by number, not by time'),
  'client.attached': (fact) =>
    said(`A terminal attached${fact.drives ? ' and drives' : ', watching'}`, fact.client),
  'client.detached': (fact) => said('A terminal left', `${fact.client}: ${fact.reason}`),

  'step.readied': (fact) =>
    said(
      `${step(fact)} shown: ${fact.shown.title}`,
      fact.shown.argv === null ? '' : commandText(fact.shown.argv),
    ),
  'step.passed_over': (fact) => said(`${step(fact)} not needed`, fact.reason),
  'step.blocked': (fact) => said(`${step(fact)} blocked (${fact.result})`, `${fact.code}: ${fact.detail}`),
  'operator.ran': (fact) =>
    said(`${step(fact)} told to run`, fact.typed === null ? '' : `typed ${fact.typed}`),
  'operator.skipped': (fact) =>
    said(`${step(fact)} skipped${fact.override ? ' by override' : ''}`, fact.reason),
  'operator.retried': (fact) => said(`${step(fact)} tried again`, fact.reason ?? ''),
  'operator.routed': (fact) =>
    said(
      fact.to === pastGuard
        ? `${step(fact)} went on in spite of its guard`
        : `${step(fact)} left to ${fact.to}`,
      fact.reason,
    ),
  'guard.read': (fact) => said(`${step(fact)} guard read: ${fact.result}`, readings(fact.readings)),
  'step.intent': (fact) =>
    said(
      `${step(fact)} begins${fact.opens === null ? '' : `, opening the debt ${fact.opens.id}`}`,
      [
        fact.command === null ? '' : `${commandText(fact.command.argv)} on ${fact.command.where}`,
        ...Object.entries(fact.captured).map(([name, value]) => `${name} was ${value ?? 'absent'}`),
      ]
        .filter((text) => text !== '')
        .join('; '),
    ),
  'command.ended': (fact) =>
    said(
      `${step(fact)} command ${words(fact.ending)}${fact.exitCode === null ? '' : ` ${String(fact.exitCode)}`}${fact.signal === null ? '' : ` by ${fact.signal}`} after ${durationText(fact.durationMs)}${fact.doubt === null ? '' : `, effect in doubt (${words(fact.doubt)})`}`,
      fact.output === null
        ? ''
        : `${String(fact.output.lines)} lines, sha256 ${fact.output.sha256}${fact.output.truncated ? ', cut' : ''}`,
    ),
  'attempt.found': (fact) => said(`${step(fact)} found after a restart: ${words(fact.verdict)}`, fact.detail),
  'probe.read': (fact) => said(`${step(fact)} probe read: ${fact.reading.result}`, readingText(fact.reading)),
  'doubt.resolved': (fact) => said(`${step(fact)} in doubt, judged ${words(fact.as)}`, fact.reason),
  'check.judged': (fact) =>
    said(
      `${step(fact)} checked: ${fact.result}${fact.timedOut ? ' (timed out)' : ''} after ${durationText(fact.durationMs)}`,
      readings(fact.readings),
    ),
  'comparison.made': (fact) =>
    said(
      `${step(fact)} compared: ${fact.verdict}${fact.final ? '' : ' so far'}`,
      fact.metrics.map(({ probe, detail }) => `${probe}: ${detail}`).join('; '),
    ),
  'smoke.ran': (fact) =>
    said(
      `${step(fact)} smoke tested: ${fact.result}${fact.final ? '' : ' so far'}`,
      fact.cells
        .filter(({ result }) => result !== 'pass')
        .map(({ name, test, result, detail }) => `${name} ${test} ${result}: ${detail}`)
        .join('; '),
    ),
  'question.posed': (fact) => said(`${step(fact)} asked`, readings(fact.facts)),
  'decision.chosen': (fact) =>
    said(`${step(fact)} chosen: ${fact.title}, held open for objections`, fact.reason ?? 'no reason given'),
  'objection.raised': (fact) => said(`${step(fact)} objection`, fact.text),
  'decision.made': (fact) =>
    said(
      `${step(fact)} decided: ${fact.title}${fact.recommended === null ? '' : fact.recommended === fact.option ? ' (as recommended)' : ` (recommended was ${fact.recommended})`}`,
      [
        fact.reason ?? 'no reason given',
        ...(fact.objection === null ? [] : [`objection: ${fact.objection}`]),
        ...(fact.objections ?? []).map(({ text }) => `objection: ${text}`),
        ...(fact.hurried == null ? [] : [`not waited for: ${fact.hurried}`]),
      ].join('; '),
    ),
  'approval.requested': (fact) => said(`${step(fact)} approval asked for`, `digest ${fact.digest}`),
  'approval.given': (fact) => said(`${step(fact)} approved`, `${fact.level}, key ${fact.key}`),
  'approval.denied': (fact) => said(`${step(fact)} approval denied`, fact.reason),
  'approval.expired': (fact) => said(`${step(fact)} approval expired`),
  'person.reported': (fact) =>
    said(
      `${step(fact)} reported: ${fact.result}`,
      [fact.text, ...(fact.link === null ? [] : [fact.link])].join(' '),
    ),
  'value.typed': (fact) =>
    said(`${step(fact)} value typed${fact.matches ? '' : ', which does not match'}`, fact.value),
  'wait.over': (fact) => said(`${step(fact)} wait over`, fact.reason),
  'message.sent': (fact) =>
    said(
      `${step(fact)} message sent: ${fact.result}`,
      [fact.text, fact.detail].filter((text) => text !== '').join('; '),
    ),
  'each.started': (fact) =>
    said(`${step(fact)} takes ${String(fact.items.length)} items`, JSON.stringify(fact.items)),

  'obligation.discharged': (fact) =>
    said(
      `Debt ${fact.key} ${fact.how}`,
      [
        fact.reason,
        ...(fact.owner === null ? [] : [`owner ${fact.owner}`]),
        ...(fact.due === null ? [] : [`due ${fact.due}`]),
      ].join('; '),
    ),
  'release.requested': (fact) => said(`Debt ${fact.key} to be given back`),
  'obligation.overdue': (fact) => said(`Debt ${fact.key} is past its limit`),
  'obligation.opened': (fact) =>
    said(`Debt ${fact.obligation.key} opened: ${fact.obligation.title}`, fact.reason),
  'trigger.changed': (fact) =>
    said(
      `Trigger ${fact.id} ${fact.state}${fact.code === null ? '' : ` (${words(fact.code)})`}`,
      fact.detail,
    ),
  'trigger.blind': (fact) =>
    said(
      `Trigger ${fact.id} blind for ${durationText(fact.forMs)}: investigate`,
      `${fact.code}: ${fact.detail}`,
    ),
  'advice.changed': (fact) => said(`The numbers say ${fact.advice}`, fact.because),
  'success.changed': (fact) =>
    said(
      `Success criterion ${fact.id}: ${{ pass: 'held to the end', fail: 'broken', unknown: 'not known' }[fact.result]}`,
      fact.detail,
    ),
  'window.changed': (fact) =>
    said(`Window ${fact.state}${fact.until === null ? '' : ` until ${fact.until}`}`, fact.reason),
  'window.rang': (fact) =>
    fact.share === 0
      ? said(`The bell rang: the window is now ${fact.state}`)
      : said(
          `The bell rang: ${String(fact.share)} % of the ${fact.state} window left`,
          durationText(fact.leftMs),
        ),
  'authority.checked': (fact) =>
    said(
      `Start of ${fact.phase} allowed${fact.role === null ? '' : ` as ${fact.role}`} (${fact.level})`,
      fact.because,
    ),
  'authority.denied': (fact) =>
    said(`Start of ${fact.phase} DENIED`, fact.blocks.map((block) => block.text).join(' ')),
  'authority.requested': (fact) =>
    said(`A signature of ${fact.roles.join(' or ')} asked for: ${fact.phase}`, `digest ${fact.digest}`),
  'authority.proved': (fact) =>
    said(`Start of ${fact.phase} let through as ${fact.role} (${fact.level})`, `key ${fact.key}`),
  'override.used': (fact) =>
    said(
      `OVERRIDE ${fact.key} over ${fact.over.join(', ')}: ${fact.reason}`,
      [
        ...fact.because,
        ...fact.evidence.map((one) => `${words(one.kind)}: ${one.text}`),
        ...(fact.second === null ? [] : [`second person ${fact.second}`]),
      ].join('; '),
    ),
  'override.approved': (fact) =>
    said(`Override ${fact.key} approved (${fact.level})`, `key ${fact.signedWith}`),
  'calendar.changed': (fact) => said(`Calendar ${fact.state}`, fact.text),
  'event.reported': (fact) => said(`${fact.event} ${fact.id} at ${fact.happenedAt}`, fact.source),
  'watch.breached': (fact) =>
    said(`Watch ${fact.id} breached${fact.hold ? ', session held' : ''}`, readingText(fact.reading)),
  'watch.cleared': (fact) => said(`Watch ${fact.id} good again`, readingText(fact.reading)),
  'invariant.measured': (fact) =>
    said(
      `Invariant ${fact.id} measured ${words(fact.moment)}: ${fact.reading.result}`,
      readingText(fact.reading),
    ),
  'flag.turned': (fact) =>
    said(`Flag ${fact.flag} turned to ${fact.to}`, `before: ${fact.before ?? 'not known'}`),
  'data.measured': (fact) =>
    said(
      `Data measured ${words(fact.moment)}${fact.step === '' ? '' : ` ${fact.step}`}`,
      fact.tables
        .map(({ table, rows, detail }) => `${table}: ${rows === null ? detail : `${String(rows)} rows`}`)
        .join('; '),
    ),
  'data.accepted': (fact) =>
    said(
      `Data as it stands agreed to${fact.override ? ' BY OVERRIDE' : ''}${fact.role === null ? '' : ` for ${fact.role}`}`,
      `${fact.items.map(({ id, value }) => `${id} ${value}`).join('; ')}: ${fact.reason}`,
    ),
  'evidence.started': (fact) => said(`Evidence is being taken until ${fact.until}`, fact.items.join(', ')),
  'evidence.captured': (fact) =>
    said(
      `Evidence ${fact.id} captured${fact.partial ? ' in part' : ''}`,
      `${fact.file} ${String(fact.bytes)} bytes, sha256 ${fact.sha256} ${fact.detail}`.trim(),
    ),
  'scope.decided': (fact) =>
    said(
      `Scope: ${fact.rows.map(({ component, state }) => `${component} ${state.toUpperCase()}`).join(', ')}`,
      [
        ...fact.rows.map(({ component, live, reason }) => `${component} runs ${live ?? '?'}: ${reason}`),
        ...fact.edges
          .filter(({ red }) => red)
          .map(({ text, from, detail }) => `RED ${from}: ${text} (${detail})`),
        ...fact.findings.map(({ detail }) => detail),
      ].join('; '),
    ),
  'scope.overridden': (fact) =>
    said(
      `Scope: ${fact.component} overridden, ${fact.was.toUpperCase()} → ${fact.as.toUpperCase()}`,
      fact.reason,
    ),
  'note.added': (fact) => said('Note', fact.text),
  'drift.added': (fact) =>
    said(
      `${fact.capture === undefined ? 'Drift' : 'Drift found'} on ${fact.target}`,
      [fact.what, fact.why, fact.command, fact.evidence].filter((part) => (part ?? '') !== '').join('; '),
    ),
  'drift.captured': (fact) =>
    said(
      `Looked at ${fact.id}`,
      fact.result === 'pass'
        ? `${fact.moment.replaceAll('_', ' ')}${fact.step === '' ? '' : ` ${fact.step}`}: ${fact.absent ? 'not there' : `${String(fact.bytes)} bytes`}`
        : `could not be read: ${fact.detail}`,
    ),
  'drift.looked': (fact) => said('Looked for changes by hand', fact.moment.replaceAll('_', ' ')),
  'drift.disposed': (fact) =>
    said(
      `Drift ${fact.key} ${fact.how}${fact.until === null ? '' : ` until ${fact.until}`}`,
      `${fact.reason}${fact.owner === null ? '' : ` (${fact.owner})`}`,
    ),
  'handover.offered': (fact) =>
    said(`Command offered to ${fact.to} with a briefing`, fact.briefing.join('; ')),
  'handover.accepted': (fact) =>
    said(
      `${fact.to} has command, handed over by ${fact.from}`,
      `read back: at ${fact.readBack.step}, ${String(fact.readBack.owed)} owed`,
    ),
  'handover.withdrawn': () => said('The offer of command was withdrawn'),
  'incident.read': (fact) =>
    said(
      `Incident ${fact.id ?? ''} read at ${fact.phase}: ${fact.state ?? 'unknown'}`,
      [fact.severity, fact.commander, fact.detail].filter((part) => part !== null && part !== '').join(', '),
    ),
  'comms.due': (fact) =>
    said(
      `Message at ${words(fact.moment)} to ${fact.audience ?? fact.to} is due`,
      fact.problem === null ? fact.text : `${fact.text}; not filled: ${fact.problem}`,
    ),
  'comms.retried': (fact) => said(`Message ${fact.key} sent again`, 'it had not arrived'),
  'comms.sent': (fact) =>
    said(
      `Message at ${words(fact.at)} to ${fact.to}: ${fact.result}${fact.tries > 1 ? ` after ${String(fact.tries)} tries` : ''}`,
      [
        fact.text,
        fact.detail,
        ...(fact.ack === null ? [] : [`acknowledged: ${fact.ack}`]),
        ...(fact.debt === null ? [] : [`owed: ${fact.debt}`]),
      ]
        .filter((text) => text !== '')
        .join('; '),
    ),
  'escalation.sent': (fact) => said(`Escalated to ${fact.to}: ${fact.result}`, fact.detail),
  'intent.refused': (fact) => said(`Refused: ${words(fact.intent)}`, `${fact.code}: ${fact.message}`),
  'drill.scored': () => said('Drill scored'),

  'pm.edited': (fact) =>
    said(`Post-mortem: ${fact.part} ${fact.text === '' ? 'taken back' : 'written'}`, fact.text),
  'pm.item': (fact) =>
    said(
      `Action item ${fact.id} (${fact.kind}): ${fact.text}`,
      [`owner ${fact.owner ?? '?'}`, `by ${fact.due ?? '?'}`, fact.proof ?? 'no proof named'].join('; '),
    ),
  'pm.item_closed': (fact) => said(`Action item ${fact.id} ${fact.how}`, fact.reason),
  'pm.finished': (fact) =>
    said(
      'Post-mortem finished',
      `${String(fact.answered)} of ${String(fact.questions)} questions answered; sha256 ${fact.sha256}`,
    ),
  'learn.proposed': (fact) =>
    said(
      `Version ${String(fact.runbook.version)} of ${fact.runbook.id} proposed on ${fact.branch}`,
      [...fact.changes, ...(fact.resolves.length === 0 ? [] : [`resolves ${fact.resolves.join(', ')}`])].join(
        '; ',
      ),
    ),

  'evaluation.made': (fact) =>
    said(
      `${fact.runbook.title} evaluated on ${fact.environment}: ${words(fact.advice)}`,
      [fact.because, ...fact.triggers.map(({ id, state, why }) => `${id} ${state}: ${why}`)].join('; '),
    ),
  'watch.started': (fact) =>
    said(
      `Watch started on ${fact.listen}${fact.token ? ', with a token' : ''}`,
      `for ${fact.runbooks.join(', ')}`,
    ),
  'watch.stopped': (fact) => said('Watch stopped', fact.reason),
  'signal.received': (fact) =>
    said(
      `Signal${fact.repeat ? ' repeated' : ''}: ${fact.alerts.map(({ name, status }) => `${name} ${status}`).join(', ')}`,
      fact.detail,
    ),
  'signal.refused': (fact) =>
    said(`Signal refused with ${String(fact.status)}`, `${fact.reason} (${String(fact.bytes)} bytes)`),
  'proposal.opened': (fact) =>
    said(
      `Proposed: ${fact.candidates.map(({ id }) => id).join(' or ')}${fact.environment === '' ? '' : ` on ${fact.environment}`}`,
      `matched by ${fact.matched}`,
    ),
  'decision.recorded': (fact) =>
    said(
      `${fact.about === 'proposal' ? 'Proposal' : 'Evaluation'} decided: ${words(fact.decision)}`,
      [
        fact.reason,
        fact.seen,
        ...(fact.present.length === 0 ? [] : [`present: ${fact.present.join(', ')}`]),
        ...(fact.session === null ? [] : [`session ${fact.session}`]),
      ]
        .filter((part) => part !== '')
        .join('; '),
    ),
  'deployment.recorded': (fact) =>
    said(
      `${fact.service} ${fact.release} deployed on ${fact.environment}${fact.unplanned ? ', unplanned' : ''}`,
      `finished at ${fact.finishedAt}${fact.session === null ? '' : `; session ${fact.session}`}`,
    ),
  'cause.told': (fact) =>
    said(
      `Session ${fact.session} was caused by ${fact.cause === 'change' ? 'a change' : 'something else than a change'}${fact.release === null ? '' : `: release ${fact.release}`}`,
      fact.reason,
    ),
};

/** Every kind of fact in words; a kind without a sentence does not compile. */
export function sayFact(fact: Fact): Said {
  const sentence = sentences[fact.type] as (fact: Fact) => Said;
  return sentence(fact);
}
