import type { RecordedFact } from '../session/ports.ts';
import { table } from './markdown.ts';
import { eventsOf } from './story.ts';
import { between, clockText, dateText, durationText } from './time.ts';

/** The newest drill of the same runbook that had ended before a session began. */
export interface LastDrill {
  readonly session: string;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly outcome: string | null;
  /** Of the very runbook of the session, by its hash. */
  readonly sameRunbook: boolean;
}

/** One thing that has to be there when it is needed: what was missing, what was there; neither is `not recorded`. */
interface Item {
  readonly name: string;
  readonly missing: readonly string[];
  readonly met: readonly string[];
}

/**
 * What was there when it was needed and what was not, item by item, as far as the ledger knows. `drill` is null where no
 * drill is on record, and undefined where the ledger could not be asked.
 */
export function readinessTable(events: readonly RecordedFact[], drill: LastDrill | null | undefined): string {
  const items = [
    rehearsal(events, drill),
    review(events),
    monitoring(events),
    commands(events),
    target(events),
    wayBack(events),
    waysToChoose(events),
    captures(events),
    baseline(events),
    checks(events),
    authority(events),
    messages(events),
  ];
  return table(
    ['needed', 'there', 'on record'],
    items.map(({ name, missing, met }) =>
      missing.length > 0
        ? [name, 'NOT READY', [...new Set(missing)].join('; ')]
        : met.length > 0
          ? [name, 'ready', [...new Set(met)].join('; ')]
          : [name, 'not recorded', ''],
    ),
  );
}

function rehearsal(events: readonly RecordedFact[], drill: LastDrill | null | undefined): Item {
  const name = 'rehearsal of this runbook';
  const [started] = eventsOf(events, 'session.started');
  if (drill === undefined || started === undefined) return { name, missing: [], met: [] };
  if (drill === null) return { name, missing: ['no drill of it is on record before this session'], met: [] };
  const said =
    `${drill.session}, ${durationText(between(drill.startedAt, started.at))} before, ` +
    (drill.outcome ?? 'without an outcome').replaceAll('_', ' ');
  return drill.sameRunbook && drill.outcome !== null && drill.outcome !== 'aborted'
    ? { name, missing: [], met: [said] }
    : { name, missing: [drill.sameRunbook ? said : `${said}, of another version of the runbook`], met: [] };
}

function review(events: readonly RecordedFact[]): Item {
  const starts = eventsOf(events, 'session.started').map(({ fact }) => fact.review);
  return {
    name: 'review of the runbook',
    missing: starts.filter((how) => how === 'break_glass').map(() => 'started without one (break-glass)'),
    met: starts.map((how) => (how === 'trusted' ? 'reviewed and trusted' : 'none is required here')),
  };
}

function monitoring(events: readonly RecordedFact[]): Item {
  const changes = eventsOf(events, 'trigger.changed').map(({ fact }) => fact);
  return {
    name: 'data for the triggers',
    missing: [
      ...changes
        .filter(({ state }) => state === 'UNKNOWN')
        .map(({ id, code, detail }) => `${id} was UNKNOWN (${code ?? detail})`),
      ...eventsOf(events, 'trigger.blind').map(
        ({ fact }) => `${fact.id} was blind for ${durationText(fact.forMs)} (${fact.code})`,
      ),
    ],
    met: changes.map(({ id }) => `${id} was read`),
  };
}

function commands(events: readonly RecordedFact[]): Item {
  const ended = eventsOf(events, 'command.ended').map(({ fact }) => fact);
  return {
    name: 'commands and values of the steps',
    missing: [
      ...ended
        .filter(({ ending }) => ending === 'not_started')
        .map(({ place, tail }) => `${place.step} could not be started${tail === '' ? '' : `: ${tail}`}`),
      ...eventsOf(events, 'step.blocked').map(
        ({ fact }) => `${fact.place.step} was blocked (${fact.code}): ${fact.detail}`,
      ),
    ],
    met: ended.length === 0 ? [] : [`${String(ended.length)} commands, and each could be started`],
  };
}

function target(events: readonly RecordedFact[]): Item {
  const guards = eventsOf(events, 'guard.read').map(({ fact }) => fact);
  return {
    name: 'the right target, and its guards',
    missing: guards
      .filter(({ result }) => result !== 'pass')
      .map(({ place, result }) => `the guard of ${place.step}: ${result}`),
    met: guards.length === 0 ? [] : [`${String(guards.length)} guards read, and each passed`],
  };
}

function wayBack(events: readonly RecordedFact[]): Item {
  const decided = eventsOf(events, 'scope.decided').at(-1)?.fact;
  return {
    name: 'a release to go back to',
    missing: (decided?.findings ?? []).filter(({ code }) => code !== 'drift').map(({ detail }) => detail),
    met: decided === undefined ? [] : [`for each of ${String(decided.rows.length)} components`],
  };
}

function waysToChoose(events: readonly RecordedFact[]): Item {
  const options = eventsOf(events, 'question.posed').flatMap(({ fact }) => fact.options);
  return {
    name: 'knowing which ways are open',
    missing: options.filter(({ offered }) => offered === 'unknown').map(({ id, why }) => `${id}: ${why}`),
    met: options.length === 0 ? [] : ['of each option'],
  };
}

function captures(events: readonly RecordedFact[]): Item {
  const evidence = eventsOf(events, 'evidence.captured').map(({ fact }) => fact);
  const looks = eventsOf(events, 'drift.captured')
    .map(({ fact }) => fact)
    .filter(({ moment }) => moment === 'before' || moment === 'before_step');
  return {
    name: 'captures: evidence, and what was there before',
    missing: [
      ...evidence
        .filter(({ partial, file }) => partial || file === '')
        .map(({ id, detail }) => `${id} was kept in part or not at all${detail === '' ? '' : `: ${detail}`}`),
      ...looks.filter(({ result }) => result === 'unknown').map(({ id, detail }) => `${id}: ${detail}`),
    ],
    met: [...evidence, ...looks].map(({ id }) => id),
  };
}

function baseline(events: readonly RecordedFact[]): Item {
  const metrics = eventsOf(events, 'comparison.made')
    .filter(({ fact }) => fact.final)
    .flatMap(({ fact }) => fact.metrics);
  return {
    name: 'a baseline to compare with',
    missing: metrics.filter((one) => one.baseline.n === 0).map(({ probe, detail }) => `${probe}: ${detail}`),
    met: metrics.map(({ probe, baseline: { n } }) => `${probe} (${String(n)} samples)`),
  };
}

function checks(events: readonly RecordedFact[]): Item {
  const cells = eventsOf(events, 'smoke.ran')
    .filter(({ fact }) => fact.final)
    .flatMap(({ fact }) => fact.cells);
  const judged = eventsOf(events, 'check.judged').map(({ fact }) => fact);
  const count = judged.length + cells.length;
  return {
    name: 'checks and smoke tests that answer',
    missing: [
      ...judged
        .filter(({ result }) => result === 'unknown')
        .map(({ place, timedOut }) => `${place.step} had no answer${timedOut ? ' in time' : ''}`),
      ...cells
        .filter(({ result }) => result === 'unknown')
        .map(({ name, test, detail }) => `${name} ${test}: ${detail}`),
    ],
    met: count === 0 ? [] : [`${String(count)} read, and each had an answer`],
  };
}

function authority(events: readonly RecordedFact[]): Item {
  return {
    name: 'somebody who may, with their key',
    missing: [
      ...eventsOf(events, 'authority.denied').flatMap(({ at, fact }) =>
        fact.blocks
          .filter(({ kind }) => kind === 'authority')
          .map(({ text }) => `${clockText(at)} a start was refused: ${text}`),
      ),
      ...eventsOf(events, 'override.used').flatMap(({ at, fact }) =>
        fact.over.includes('authority') ? [`${clockText(at)} started by override: ${fact.reason}`] : [],
      ),
      ...eventsOf(events, 'approval.expired').map(
        ({ at, fact }) => `${dateText(at)} nobody approved ${fact.place.step} in time`,
      ),
    ],
    met: [
      ...eventsOf(events, 'authority.checked').map(
        ({ fact }) => `start let through as ${fact.role ?? 'anybody'}, ${fact.level}`,
      ),
      ...eventsOf(events, 'approval.given').map(({ fact }) => `${fact.place.step} approved, ${fact.level}`),
    ],
  };
}

function messages(events: readonly RecordedFact[]): Item {
  const sent = [
    ...eventsOf(events, 'comms.sent').map(({ fact }) => ({ ...fact, whom: fact.to })),
    ...eventsOf(events, 'escalation.sent').map(({ fact }) => ({ ...fact, whom: fact.to })),
    ...eventsOf(events, 'message.sent').map(({ fact }) => ({ ...fact, whom: fact.place.step })),
  ];
  return {
    name: 'ways to tell people',
    missing: sent
      .filter(({ result }) => result !== 'pass')
      .map(({ whom, result, detail }) => `${whom} ${result}${detail === '' ? '' : `: ${detail}`}`),
    met: sent.map(({ whom }) => whom),
  };
}
